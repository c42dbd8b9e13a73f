"""Rate limits by a clock that the test moves."""

import pytest

from listening_app.limits import Limiter, Rate


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_a_burst_then_so_many_a_minute(clock):
    limiter = Limiter(Rate(3, 60), clock)
    assert [limiter.wait("a") for _ in range(4)] == [0, 0, 0, pytest.approx(1.0)]
    clock.now = 1.0
    assert limiter.wait("a") == 0
    assert limiter.wait("a") > 0
    clock.now = 1_000.0
    assert [limiter.wait("a") == 0 for _ in range(4)] == [True] * 3 + [False]


def test_keys_do_not_share(clock):
    limiter = Limiter(Rate(1, 1), clock)
    assert (limiter.wait("a"), limiter.wait("b")) == (0, 0)
    assert limiter.wait("a") > 0


def test_asking_how_long_takes_nothing(clock):
    limiter = Limiter(Rate(1, 1), clock)
    assert [limiter.seconds_left("a") for _ in range(3)] == [0, 0, 0]
    limiter.wait("a")
    assert limiter.seconds_left("a") == pytest.approx(60.0)
    limiter.forget("a")
    assert limiter.seconds_left("a") == 0


def test_a_clock_that_jumps_back_gives_nothing_away_and_locks_nobody_out(clock):
    limiter = Limiter(Rate(1, 60), clock)
    clock.now = 100.0
    limiter.wait("a")
    clock.now = 0.0
    assert 0 < limiter.wait("a") <= 1.0


def test_many_addresses_do_not_fill_the_memory(clock):
    limiter = Limiter(Rate(2, 1), clock)
    for number in range(50_000):
        clock.now += 0.001
        limiter.wait(str(number))
    assert len(limiter._buckets) <= 20_001
