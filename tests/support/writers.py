"""A process of test_kill: a server's store with 20 raters who answer as fast as they can.

writers.py FOLDER DATABASE_URL: each acknowledged answer is a line "rater position uuid score".
"""

import os
import random
import sys
import threading
from pathlib import Path

import small_study

from listening_app.store import Store

folder, url = Path(sys.argv[1]), sys.argv[2]
store = Store(small_study.make_study(folder, sheets=20, trials=200), url or None)
all_here = threading.Barrier(20)


def answer_all(rater: int) -> None:
    rng = random.Random(rater)
    state = small_study.to_trials(store, f"rater {rater}")
    all_here.wait()
    for position in range(state.position, state.trials + 1):
        score = rng.randint(1, 5)
        answer = small_study.answer(position, values={"score": score})
        store.save_answer(state.session, answer)
        # One write a line, which a pipe does not tear.
        os.write(sys.stdout.fileno(), f"{rater} {position} {answer.uuid} {score}\n".encode())


threads = [threading.Thread(target=answer_all, args=(rater,)) for rater in range(20)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
