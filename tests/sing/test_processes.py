"""The end of a group of processes, seen from one of them."""

import weakref

import pytest
import torch.distributed as dist

from sing.errors import SaidElsewhere, SingError
from sing.processes import processes


class Wrapper:
    """A circle of references, as DistributedDataParallel is."""

    def __init__(self):
        self.me = self


@pytest.fixture
def wrappers(monkeypatch):
    """References to what the block made; none of it may live when the group is destroyed."""
    made = []

    def destroyed():
        assert [one() for one in made] == [None]
        made.clear()

    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(dist, "init_process_group", lambda backend: None)
    monkeypatch.setattr(dist, "destroy_process_group", destroyed)
    return made


def phase(made, error=None):
    wrapper = Wrapper()
    made.append(weakref.ref(wrapper))
    if error:
        raise error


def test_nothing_holds_the_group_when_it_is_destroyed(wrappers):
    with processes("cpu"):
        phase(wrappers)
    assert wrappers == []


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (SingError("stopped"), SingError),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (RuntimeError("Connection closed by peer"), SaidElsewhere),
        (RuntimeError("a fault"), RuntimeError),
    ],
)
def test_nor_does_an_error_on_its_way(wrappers, error, raised):
    with pytest.raises(raised), processes("cpu"):
        phase(wrappers, error)
    assert wrappers == []
