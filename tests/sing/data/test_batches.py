"""The order of notes is a function of seed, phase and epoch, however training is cut up."""

import torch

from sing.data.batches import NoteBatches, epoch_order, step_count
from sing.data.nsynth import open_dataset
from sing.data.vocabulary import Vocabulary


def batches_of(folder, **changes) -> NoteBatches:
    dataset = open_dataset(folder)
    settings = {"batch_size": 5, "seed": 3, **changes}
    return NoteBatches(dataset, Vocabulary.of(dataset.notes), dataset.notes, **settings)


def test_an_epoch_visits_every_note_once_with_its_own_sound(make_dataset):
    batches = batches_of(make_dataset())
    visited = []
    for batch in batches.epoch("lstm", 0):
        for key, waveform in zip(batch.keys, batch.waveforms, strict=True):
            note = batches.notes[
                batches.vocabulary.encode(batches.notes).tolist().index(key.tolist())
            ]
            expected = torch.from_numpy(batches.dataset.waveforms([note])[0])
            assert torch.equal(waveform, expected)
            visited.append(note)
    assert sorted(visited) == sorted(batches.notes)


def test_orders_differ_by_epoch_phase_and_seed_and_repeat_otherwise():
    orders = [
        epoch_order(50, seed, phase, epoch)
        for seed, phase, epoch in [
            (1, "lstm", 0),
            (1, "lstm", 1),
            (1, "finetune", 0),
            (2, "lstm", 0),
        ]
    ]
    assert len({tuple(order) for order in orders}) == 4
    assert epoch_order(50, 1, "lstm", 0) == orders[0]


def test_an_epoch_resumed_at_a_step_goes_on_with_its_next_batch(make_dataset):
    batches = batches_of(make_dataset())
    whole = [batch.keys for batch in batches.epoch("lstm", 4)]
    rest = [batch.keys for batch in batches.epoch("lstm", 4, first_step=1)]
    assert [keys.tolist() for keys in rest] == [keys.tolist() for keys in whole[1:]]


def test_processes_share_a_batch_without_overlap(make_dataset):
    folder = make_dataset()
    alone = next(batches_of(folder).epoch("lstm", 0))
    shares = [next(batches_of(folder, rank=rank, world_size=2).epoch("lstm", 0)) for rank in (0, 1)]
    assert [share.total for share in shares] == [5, 5]
    joined = torch.empty_like(alone.keys)
    for share in shares:
        joined[share.positions] = share.keys
    assert torch.equal(joined, alone.keys)
    assert sorted(torch.cat([share.positions for share in shares]).tolist()) == [0, 1, 2, 3, 4]


def test_a_last_batch_too_small_for_all_processes_is_left_out():
    assert step_count(12, 5) == 3
    assert step_count(11, 5, fewest=2) == 2
    assert step_count(12, 5, fewest=2) == 3
    assert step_count(10, 5) == 2


def test_a_rest_that_is_kept_may_leave_a_process_without_notes(make_dataset):
    batches = batches_of(make_dataset(), batch_size=11, rank=1, world_size=2, keep_rest=True)
    assert [len(batch.keys) for batch in batches.epoch("evaluation", 0)] == [5, 0]


def test_reading_ahead_in_workers_changes_nothing(make_dataset):
    folder = make_dataset()
    plain = [batch.waveforms for batch in batches_of(folder).epoch("lstm", 0)]
    ahead = [batch.waveforms for batch in batches_of(folder, workers=1).epoch("lstm", 0)]
    assert all(torch.equal(a, b) for a, b in zip(plain, ahead, strict=True))


def test_micro_batches_cover_the_batch_in_order(make_dataset):
    batch = next(batches_of(make_dataset()).epoch("lstm", 0))
    parts = batch.split(2)
    assert [len(part.keys) for part in parts] == [2, 2, 1]
    assert torch.equal(torch.cat([part.waveforms for part in parts]), batch.waveforms)
    assert {part.total for part in parts} == {5}
