"""A worker that is killed is said in one line, whichever loop it worked for."""

import os

import pytest

from sing.errors import SingError
from sing.workers import worker_pool


def test_a_killed_worker_is_an_error_that_says_how_to_go_on():
    with (
        pytest.raises(SingError, match=r"a worker process was killed, .*; pass --resume to go on"),
        worker_pool(1) as pool,
    ):
        pool.submit(os._exit, 9).result()
