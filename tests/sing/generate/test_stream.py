import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sing.config import load_config
from sing.errors import SingError
from sing.generate import stream
from sing.generate.engine import Engine
from sing.generate.playback import stream_wav
from sing.generate.stream import Clock, Streamer


@pytest.fixture
def engine(run):
    return Engine(run.networks().synthesizer)


@pytest.fixture
def key(run, notes):
    return torch.from_numpy(run.vocabulary.encode(notes[7:8]))[0]


@pytest.mark.parametrize("overrides", [[], ["model.time_embedding=false", "model.lstm_layers=1"]])
def test_a_streamed_note_is_the_note_made_at_once(make_run, plain, notes, overrides):
    run = make_run(config=load_config("tiny", overrides))
    engine = Engine(run.networks().synthesizer)
    for note in notes[::6]:
        key = torch.from_numpy(run.vocabulary.encode([note]))[0]
        blocks = list(Streamer(engine, key))
        assert [block.shape for block in blocks] == [(256,)] * 250
        streamed = np.concatenate(blocks)
        assert streamed.dtype == np.float32
        assert np.abs(streamed - engine.generate(key.view(1, 3)).numpy()[0]).max() < 1e-5
        assert np.abs(streamed - plain.waveforms(run, [note])[0]).max() < 1e-5


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sizes=st.lists(st.integers(1, 40), min_size=1))
def test_it_is_the_same_note_in_steps_of_any_size(engine, key, sizes):
    whole = engine.generate(key.view(1, 3)).numpy()[0]
    streamer, pieces, left = Streamer(engine, key), [], 250
    while left:
        size = min(sizes[len(pieces) % len(sizes)], left)
        pieces.append(streamer.advance(size))
        assert len(pieces[-1]) == 256 * size
        left -= size
    assert np.abs(np.concatenate(pieces) - whole).max() < 1e-5


def test_the_first_block_takes_14_steps_of_the_lstm_and_each_further_one_takes_one(engine, key):
    steps = []
    hook = engine.sequence.embeddings.register_forward_hook(
        lambda module, arguments, result: steps.append(result.shape[1])
    )
    streamer = iter(Streamer(engine, key))
    assert not steps
    next(streamer)
    assert steps == [14]
    assert len(list(streamer)) == 249
    hook.remove()
    assert steps == [14, 2, 4, 8, *[16] * 14, 11]
    assert sum(steps) == 14 + 249


def test_steps_that_are_not_yet_taken_are_not_heard_yet(engine, key):
    before = list(Streamer(engine, key))
    with torch.no_grad():
        engine.sequence.embeddings.time.weight[14 + 3 :] += 1.0  # past blocks 0 to 3
    after = list(Streamer(engine, key))
    assert all(np.array_equal(*pair) for pair in zip(before[:3], after[:3], strict=True))
    assert not np.allclose(before[4], after[4])


def test_a_note_has_250_blocks_and_no_more(engine, key):
    streamer = Streamer(engine, key)
    streamer.advance(249)
    for blocks in (0, -1, 2):
        with pytest.raises(ValueError, match=f"{blocks} blocks asked for, 1 are left"):
            streamer.advance(blocks)
    streamer.advance(1)
    with pytest.raises(ValueError, match="0 are left"):
        streamer.advance(1)


def test_two_notes_streamed_in_turn_do_not_disturb_each_other(run, engine, notes):
    keys = torch.from_numpy(run.vocabulary.encode(notes[:2]))
    alone = [np.concatenate(list(Streamer(engine, key))) for key in keys]
    together = zip(*(Streamer(engine, key) for key in keys), strict=True)
    for whole, blocks in zip(alone, zip(*together, strict=True), strict=True):
        np.testing.assert_array_equal(whole, np.concatenate(blocks))


def test_the_clock_counts_computing_and_not_waiting(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(stream.time, "perf_counter", lambda: now[0])
    spent = [0.5, 0.0, 0.1, *[0.001] * 247]

    def blocks():
        for seconds in spent:
            now[0] += seconds
            yield np.zeros(256, np.float32)

    clock = Clock()
    for _ in clock.timed(blocks()):
        now[0] += 7.0  # the listener's time
    assert clock.first_block == pytest.approx(0.5)
    assert clock.whole_note == pytest.approx(sum(spent))
    assert clock.real_time_factor == pytest.approx(sum(spent) / 4)
    # Block 2 is there 0.1 s after the first, and due after two blocks of 16 ms.
    assert clock.latest == pytest.approx(0.1 - 0.032)


def test_a_note_that_fails_leaves_the_file_that_it_would_replace(run, notes, tmp_path, monkeypatch):
    path = tmp_path / "note.wav"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise SingError("a NaN")

    monkeypatch.setattr("sing.generate.playback.check_finite", fail)
    with pytest.raises(SingError, match="a NaN"):
        stream_wav(run, notes[0], path, "cpu", force=True)
    assert path.read_bytes() == b"old"
