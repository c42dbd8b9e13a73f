"""Batches shared out over worker processes, or over the processes that torchrun started.

Batches are fixed by the plan and computed with one thread each, so who computes one changes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from contextlib import closing
from itertools import zip_longest

import torch
from torch import distributed

from eval_suite.feature_cache import open_feature_cache
from eval_suite.plan import Plan
from eval_suite.scoring import Scores, score_batch
from eval_suite.sources import RunSource
from sing.memory import keep_freed_memory
from sing.processes import Processes
from sing.workers import core_count, worker_pool

Finished = tuple[int, Scores]

READ_BATCHES_A_WORKER = 24
GENERATED_BATCHES_A_WORKER = 4
"""A worker takes some 3 s to start, in which one core does this many batches."""

_scorer: Scorer | None = None  # in a worker process: the plan, sent once when the worker starts


def default_jobs(plan: Plan) -> int:
    """One worker a usable core, but none that would have next to nothing to do; one for a GPU."""
    has_run = any(isinstance(system, RunSource) for system in plan.systems)
    if has_run and plan.device != "cpu":
        return 1
    worth = GENERATED_BATCHES_A_WORKER if has_run else READ_BATCHES_A_WORKER
    return max(1, min(core_count(), plan.batch_count // worth))


def score_batches(plan: Plan, indices: Sequence[int], jobs: int) -> Iterator[Finished]:
    """The scores of these batches as they get finished, computed by `jobs` processes.

    Raises SingError when a worker process dies.
    """
    if jobs <= 1:
        with closing(Scorer(plan)) as scorer:
            for index in indices:
                yield index, scorer.score(index)
        return
    with worker_pool(jobs, _start, plan) as pool:
        # No name holds the futures: as_completed lets go of each, and of its scores, as it yields.
        for future in as_completed([pool.submit(_score, index) for index in indices]):
            yield future.result()


def score_shared(
    plan: Plan, indices: Sequence[int], jobs: int, processes: Processes
) -> Iterator[Finished]:
    """The scores of these batches, shared out over all processes: rank 0 gets every one.

    The other ranks compute their share and get nothing.
    """
    own = score_batches(plan, indices[processes.rank :: processes.world_size], jobs)
    if processes.world_size == 1:
        yield from own
        return
    rounds = range(-(-len(indices) // processes.world_size))
    for _, finished in zip_longest(rounds, own):
        gathered: list[Finished | None] = [None] * processes.world_size
        distributed.gather_object(finished, gathered if processes.is_main else None)
        yield from (item for item in gathered if item is not None)


class Scorer:
    """What one process scores batches with: one thread, and the open cache of features."""

    def __init__(self, plan: Plan) -> None:
        torch.set_num_threads(1)
        keep_freed_memory()
        self._plan = plan
        self._cache = open_feature_cache() if plan.keeps_features else None

    def score(self, index: int) -> Scores:
        """Score one batch, and keep the features that were new."""
        scores = score_batch(self._plan, index, self._cache)
        if self._cache is not None:
            self._cache.flush()
        return scores

    def close(self) -> None:
        """Close the cache."""
        if self._cache is not None:
            self._cache.close()


def _start(plan: Plan) -> None:
    """Prepare a worker process for one plan."""
    global _scorer  # noqa: PLW0603 - a worker process serves one plan from its start to its end
    _scorer = Scorer(plan)


def _score(index: int) -> Finished:
    if _scorer is None:
        raise RuntimeError("the worker has no plan")
    return index, _scorer.score(index)
