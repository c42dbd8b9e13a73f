"""An LSTM trained on a CPU with few notes at a time: torch's layers, computed in another order.

At 1024 units the recurrent weights are 16 MB, which every frame multiplies with one row per note:
such a product takes half the time once oneDNN has reordered the weights into blocks. torch's own
layer spends about 130 ms per call and layer before the first frame, as much as half of what 32
frames of 8 notes take; reordering once for all frames forward and once backward takes 20 ms.
What does not depend on the previous frame is one product over all notes and frames. Forward:

    gates = inputs x input_weight + bias                                     one product
    hidden[t], cell[t] from gates[t] + hidden[t - 1] x recurrent_weight      a product a frame

Backward, only the gradient of the gates walks the frames, from the last to the first:

    gradient of hidden[t] = that from above + that of gates[t + 1] x recurrent_weight.T
    gradients of weights, bias and inputs from those of all gates            one product each
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import linear

State = tuple[Tensor, Tensor]
"""Hidden and cell state of the LSTM, each [layers, B, hidden]."""

LEAST_HIDDEN = 1024
MOST_NOTES = 16
"""Smaller layers and larger batches are left to torch: at 768 units or with 32 notes nothing is
gained, at 512 units a third is lost."""


def is_faster_blocked(lstm: nn.LSTM, inputs: Tensor) -> bool:
    """Whether `blocked_lstm` is the faster way to the parameters' gradient.

    So on a CPU in float32, with large layers and few notes, where torch comes with oneDNN.
    """
    return (
        torch.is_grad_enabled()
        and any(parameter.requires_grad for parameter in lstm.parameters())
        and inputs.device.type == "cpu"
        and inputs.dtype == torch.float32
        and not torch.is_autocast_enabled("cpu")
        and lstm.hidden_size >= LEAST_HIDDEN
        and 0 < len(inputs) <= MOST_NOTES
        and torch.backends.mkldnn.is_available()
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    )


def blocked_lstm(lstm: nn.LSTM, inputs: Tensor, state: State | None = None) -> tuple[Tensor, State]:
    """What `lstm(inputs, state)` returns, with the same gradients, up to rounding.

    `inputs` is [B, N, I]. The layers are as SequenceGenerator makes them: batch_first, one
    direction, biases, neither dropout nor projections. Returns the hidden states [B, N, hidden] and
    the state after the last frame.
    """
    frames = inputs.transpose(0, 1).contiguous()
    if state is None:
        zeros = inputs.new_zeros(lstm.num_layers, len(inputs), lstm.hidden_size)
        state = (zeros, zeros)
    hiddens, cells = [], []
    for weights, hidden, cell in zip(lstm.all_weights, *state, strict=True):
        input_weight, recurrent_weight, input_bias, recurrent_bias = weights
        frames, last_cell = _Layer.apply(  # type: ignore[no-untyped-call]
            frames, hidden, cell, input_weight, recurrent_weight, input_bias + recurrent_bias
        )
        hiddens.append(frames[-1])
        cells.append(last_cell)
    return frames.transpose(0, 1), (torch.stack(hiddens), torch.stack(cells))


def _product(rows: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`rows @ weight.T + bias`, by oneDNN: a quarter faster than torch's own on AMD processors."""
    if weight.dtype != torch.float32:
        return linear(rows, weight, bias)
    result: Tensor = torch.ops.mkldnn._linear_pointwise(
        rows, weight.contiguous(), bias, "none", [], ""
    )
    return result


def _adding_product(weight: Tensor, rows: int) -> Callable[[Tensor, Tensor], Tensor]:
    """`(row, addend) -> addend + row @ weight.T` for many calls with `rows` rows each."""
    if weight.dtype != torch.float32:
        return lambda row, addend: torch.addmm(addend, row, weight.T)
    # What torch.compile emits for a linear layer on a CPU; there is no public name for it.
    blocks = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), rows)
    add = torch.ops.mkldnn._linear_pointwise.binary
    return lambda row, addend: add(row, addend, blocks, None, "add")


class _Layer(torch.autograd.Function):
    """One layer: inputs [N, B, I] and a state [B, H] -> hidden states [N, B, H], last cell [B, H].

    Gates are in torch's order: input, forget, cell, output.
    """

    @staticmethod
    def forward(
        ctx: Any,
        inputs: Tensor,
        hidden: Tensor,
        cell: Tensor,
        input_weight: Tensor,
        recurrent_weight: Tensor,
        bias: Tensor,
    ) -> tuple[Tensor, Tensor]:
        count, batch, size = len(inputs), *hidden.shape
        gates = _product(inputs.flatten(0, 1), input_weight, bias).view(count, batch, -1)
        # The state before frame t is in row t, the one after it in row t + 1.
        hiddens, cells = (inputs.new_empty(count + 1, batch, size) for _ in range(2))
        cell_tanhs = inputs.new_empty(count, batch, size)
        hiddens[0], cells[0] = hidden, cell
        recur = _adding_product(recurrent_weight, batch)
        for t, gate in enumerate(gates.unbind()):
            before = recur(hiddens[t], gate)
            torch.sigmoid(before[:, : 2 * size], out=gate[:, : 2 * size])
            torch.tanh(before[:, 2 * size : 3 * size], out=gate[:, 2 * size : 3 * size])
            torch.sigmoid(before[:, 3 * size :], out=gate[:, 3 * size :])
            opened, kept, candidate, shown = gate.chunk(4, dim=1)
            torch.mul(kept, cells[t], out=cells[t + 1]).addcmul_(opened, candidate)
            torch.tanh(cells[t + 1], out=cell_tanhs[t])
            torch.mul(shown, cell_tanhs[t], out=hiddens[t + 1])
        ctx.save_for_backward(
            inputs, input_weight, recurrent_weight, gates, hiddens, cells, cell_tanhs
        )
        return hiddens[1:], cells[-1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, from_above: Tensor, from_cell: Tensor) -> tuple[Tensor | None, ...]:
        inputs, input_weight, recurrent_weight, gates, hiddens, cells, cell_tanhs = (
            ctx.saved_tensors
        )
        grads, through_cell = _slopes(gates, cells[:-1], cell_tanhs)
        count, batch, size = cell_tanhs.shape
        from_above = from_above.contiguous()
        recur = _adding_product(recurrent_weight.T, batch)
        by_cell, by_hidden = grads.view(count, batch, 4, size).split((3, 1), dim=2)
        keeping = gates[:, :, size : 2 * size]
        hidden_grad, cell_grad = from_above[-1], from_cell
        for t in reversed(range(count)):
            if t < count - 1:
                hidden_grad = recur(grads[t + 1], from_above[t])
            cell_grad = torch.addcmul(cell_grad, hidden_grad, through_cell[t])
            by_cell[t].mul_(cell_grad.unsqueeze(1))
            by_hidden[t].mul_(hidden_grad.unsqueeze(1))
            cell_grad.mul_(keeping[t])
        # The state that truncated back-propagation carries on asks for no gradient.
        wants_first = ctx.needs_input_grad[1]
        first_grad = recur(grads[0], torch.zeros_like(hiddens[0])) if wants_first else None
        rows = grads.flatten(0, 1)
        input_grad = (rows @ input_weight).view_as(inputs) if ctx.needs_input_grad[0] else None
        columns = rows.T.contiguous()
        input_weight_grad = _product(columns, inputs.flatten(0, 1).T)
        recurrent_weight_grad = _product(columns, hiddens[:-1].flatten(0, 1).T)
        return (
            input_grad, first_grad, cell_grad,
            input_weight_grad, recurrent_weight_grad, rows.sum(0),
        )  # fmt: skip


def _slopes(gates: Tensor, cells_before: Tensor, cell_tanhs: Tensor) -> tuple[Tensor, Tensor]:
    """What the walk back multiplies, for all frames at once.

    First [N, B, 4H], the slopes before the squashing: of the cell for the input, forget and cell
    gates, of the hidden state for the output gate. Second [N, B, H], the slope of the hidden state
    for its cell.
    """
    slopes = torch.empty_like(gates)
    opened, kept, candidate, shown = gates.chunk(4, dim=2)
    for_opened, for_kept, for_candidate, for_shown = slopes.chunk(4, dim=2)
    # Slopes of the squashing: s - s^2 of a sigmoid s, 1 - z^2 of a tanh z.
    torch.addcmul(opened, opened, opened, value=-1, out=for_opened).mul_(candidate)
    torch.addcmul(kept, kept, kept, value=-1, out=for_kept).mul_(cells_before)
    torch.addcmul(opened, opened * candidate, candidate, value=-1, out=for_candidate)
    torch.addcmul(shown, shown, shown, value=-1, out=for_shown).mul_(cell_tanhs)
    return slopes, torch.addcmul(shown, shown * cell_tanhs, cell_tanhs, value=-1)
