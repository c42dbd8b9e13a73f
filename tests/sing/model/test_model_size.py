import pytest
import torch

from sing.config import ModelConfig
from sing.model.sing import Sing, parameter_count


def paper_size(velocities: int, **changes: object) -> Sing:
    with torch.device("meta"):
        return Sing(ModelConfig(**changes), instruments=1006, pitches=121, velocities=velocities)


def test_size_is_that_of_table_2():
    count = parameter_count(paper_size(velocities=5).synthesizer)
    assert count == 63_747_927
    assert round(4 * count / 2**20, 2) == 243.18
    assert round(4 * count / 2**20) == 243  # "243 MB"


def test_the_public_model_has_one_more_row_of_2_for_velocities(golden):
    lines = (golden / "variables.txt").read_text().splitlines()
    count = 0
    for line in lines:
        name, shape = line.split(" ", 1)
        if not name.startswith("encoder."):
            count += torch.Size(int(size) for size in shape.strip("[]").split(",")).numel()
    assert count == 63_747_929
    assert parameter_count(paper_size(velocities=6).synthesizer) == count


def test_encoder_mirrors_the_decoder():  # Section 4.3: C 4096, two 1x1 layers, 128 channels
    encoder = 1024 * 4096 + 4096 + 2 * (4096 * 4096 + 4096) + 4096 * 128 + 128
    assert parameter_count(paper_size(velocities=5).encoder) == encoder


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"time_embedding": False}, 265 * 4 + 4 * 1024 * 4),
        ({"lstm_layers": 2}, 2 * 4 * 1024 * 1024 + 2 * 4 * 1024),
        ({"smooth_filters": False}, 0),
    ],
)
def test_what_the_parts_weigh(changes, difference):
    less = parameter_count(paper_size(5, **changes).synthesizer)
    assert 63_747_927 - less == difference
