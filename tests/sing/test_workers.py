"""Workers that are killed are said in one line, and those that are interrupted say nothing."""

import os
import signal
import subprocess
import sys
import time

import pytest

from sing.errors import SingError
from sing.workers import worker_pool

INTERRUPTIBLE = """
import signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by what a script puts behind &
from sing.workers import worker_pool
try:
    with worker_pool(2) as pool:
        for _ in range(2):
            pool.submit(time.sleep, 0)
        print("started", flush=True)
        time.sleep(60)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_a_killed_worker_is_an_error_that_says_how_to_go_on():
    with (
        pytest.raises(SingError, match=r"a worker process was killed, .*; pass --resume to go on"),
        worker_pool(1) as pool,
    ):
        pool.submit(os._exit, 9).result()


@pytest.mark.parametrize("seconds", [0, 0.02, 0.05, 0.1, 0.2])
def test_workers_that_ctrl_c_meets_while_they_start_say_nothing(seconds):
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    assert process.communicate(timeout=60) == ("interrupted\n", "")
