"""A process of test_leases: ten raters who join at once when stdin ends.

racer.py FOLDER DATABASE_URL NUMBER
"""

import sys
import threading
from pathlib import Path

import small_study

from listening_app.store import Store, StudyFull

folder, url, number = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
store = Store(small_study.make_study(folder, sheets=30), url or None)
barrier = threading.Barrier(10)


def race(rater: int) -> None:
    barrier.wait()
    try:
        sys.stdout.write(store.join("local", f"{number} {rater}").sheet + "\n")
    except StudyFull:
        sys.stdout.write("full\n")


sys.stdout.write("ready\n")
sys.stdout.flush()
sys.stdin.read()
threads = [threading.Thread(target=race, args=(rater,)) for rater in range(10)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
store.close()
