"""Frame arithmetic: how 64,000 samples become 265 frames and come back (Sections 4.1 to 4.3).

    note                          |<------------ 64,000 ------------>|
    padded      |<---- 2,304 ---->|                                  |<---- 2,304 ---->|   68,608
    frames       [0: 1,024)
                    [256: 1,280)                                     ...                   265
    codes        0  1  2  ...                                                      264     265
    decoded          4  5  ...   (9 taps see 4 codes on either side)          260          257
    summed                |<- 1,280 ->|<------- 64,000 ------->|<- 1,280 ->|               66,560
    trimmed by 768 at each end (one or two filters only)                                   65,024
    note         trimmed by 512 more: the 64,000 samples

The 65,024 samples are what training compares: the note with 512 zeros on either side.
Decoded frame j lies over code frame j + 4, sample for sample.
"""

from __future__ import annotations

import torch
from torch import Tensor

from sing.audio import NOTE_SAMPLES
from sing.losses import HOP_LENGTH

FRAME_SAMPLES = 1024
"""Kernel size of the encoder's first and the decoder's last layer; hops are 256 samples."""

CONTEXT_FRAMES = 9
"""Taps of the decoder's first layer."""

PADDING = 2_304
"""Zeros on either side of a note before it is encoded."""

NOTE_FRAMES = (NOTE_SAMPLES + 2 * PADDING - FRAME_SAMPLES) // HOP_LENGTH + 1
"""N = 265."""

TRIM = FRAME_SAMPLES - HOP_LENGTH
"""Samples at each end of the summed frames that fewer than four filters reach: 768."""

TARGET_CROP = CONTEXT_FRAMES // 2 * HOP_LENGTH + TRIM
"""Samples of the padded note that the decoder does not return, at each end: 1,792."""

NOTE_CROP = PADDING - TARGET_CROP
"""Samples of the decoded waveform around the note, at each end: 512."""


def pad_note(waveform: Tensor) -> Tensor:
    """Notes [B, 64000] with zeros around them, ready for the encoder: [B, 68608]."""
    return torch.nn.functional.pad(waveform, (PADDING, PADDING))


def decoder_target(padded: Tensor) -> Tensor:
    """What the decoder can return of a padded waveform [B, P]: [B, P - 3584] (65,024 of a note)."""
    return padded[:, TARGET_CROP:-TARGET_CROP]


def crop_note(decoded: Tensor) -> Tensor:
    """The note [B, 64000] inside a decoded waveform [B, 65024]."""
    return decoded[:, NOTE_CROP:-NOTE_CROP]


def squared_hann() -> Tensor:
    """The window on the filters of the first and last layer, [1024].

    At hops of a quarter it sums to 1.5, not to 1 as Section 4.2 says (decisions/0004): the public
    implementation does not divide, nor do we.
    """
    # Where a model is only counted (torch's device "meta"), a window would load its compiler.
    return torch.hann_window(FRAME_SAMPLES, periodic=True, device="cpu").square()
