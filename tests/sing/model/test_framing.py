import pytest
import torch
from torch.nn.functional import conv1d, conv_transpose1d

from sing.model.framing import (
    NOTE_FRAMES,
    crop_note,
    decoder_target,
    pad_note,
    squared_hann,
)


def test_a_padded_note_has_the_papers_265_frames():  # Section 4.3
    padded = pad_note(torch.zeros(2, 64_000))
    assert padded.shape == (2, 68_608)
    assert conv1d(padded.unsqueeze(1), torch.zeros(1, 1, 1024), stride=256).shape[2] == 265
    assert NOTE_FRAMES == 265


def test_what_is_decoded_has_the_note_at_512_samples():
    decoded = conv_transpose1d(
        conv1d(torch.zeros(1, 1, 265), torch.zeros(1, 1, 9)),
        torch.zeros(1, 1, 1024),
        None,
        256,
        768,
    )
    assert decoded.shape == (1, 1, 65_024)
    assert crop_note(decoded[0]).shape == (1, 64_000)
    assert crop_note(torch.arange(65_024.0).view(1, -1))[0, 0] == 512


def test_the_note_in_the_decoders_target_is_the_note_itself():
    note = torch.randn(3, 64_000, generator=torch.Generator().manual_seed(0))
    target = decoder_target(pad_note(note))
    assert target.shape == (3, 65_024)
    assert torch.equal(crop_note(target), note)
    assert not target[:, :512].any()
    assert not target[:, -512:].any()


@pytest.mark.parametrize("sample", [0, 1, 255, 31_999, 63_999])
def test_a_decoded_frame_lies_over_its_code_frame(sample):
    # A click in the note is in the encoder's frames i to i + 3; the 9-tap layer centres on them, so
    # the decoder's frames i - 4 to i - 1 are those that can put it where it was.
    note = torch.zeros(1, 64_000)
    note[0, sample] = 1.0
    frames = pad_note(note).unfold(1, 1024, 256)[0]
    assert frames.shape == (265, 1024)
    decoded = conv_transpose1d(frames[4:-4].T.unsqueeze(0), torch.eye(1024).unsqueeze(1), None, 256)
    trimmed = decoded[:, 0, 768:-768]
    assert crop_note(trimmed).argmax() == sample
    assert torch.equal(crop_note(trimmed), 4 * note)


def test_squared_hann_windows_at_a_quarter_sum_to_three_halves():  # not 1, as Section 4.2 says
    window = squared_hann()
    assert window.shape == (1024,)
    assert window[0] == 0
    assert window[512] == 1
    summed = window.view(4, 256).sum(0)
    assert torch.allclose(summed, torch.full((256,), 1.5), atol=1e-6)
