"""The processes of one command: one, or several started by torchrun."""

from __future__ import annotations

import gc
import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from sing.errors import SaidElsewhere, SingError

Result = TypeVar("Result")


@dataclass(frozen=True)
class Processes:
    """This process's rank, the number of processes, and the device it computes on."""

    rank: int
    world_size: int
    device: torch.device

    @property
    def is_main(self) -> bool:
        """True for rank 0, the one that writes files and speaks."""
        return self.rank == 0

    def wrap(self, module: nn.Module) -> nn.Module:
        """The module with its gradients averaged over the processes."""
        if self.world_size == 1:
            return module
        devices = [self.device.index] if self.device.type == "cuda" else None
        return DistributedDataParallel(module, device_ids=devices)

    def total(self, values: Tensor) -> Tensor:
        """The sum of `values` over all processes, the same on each; `values` stay as they are."""
        values = values.to(self.device, copy=True)
        if self.world_size > 1:
            dist.all_reduce(values)
        return values

    def any(self, *claims: bool) -> list[bool]:
        """For each claim, whether it holds on some process: one exchange for all of them."""
        if self.world_size == 1:
            return list(claims)
        return [count > 0 for count in self.total(torch.tensor(claims).float()).tolist()]

    def on_main(self, function: Callable[[], Result]) -> Result:
        """What `function` returns on rank 0, on every process.

        Its SingError ends every process, and rank 0 prints it.
        """
        if self.world_size == 1:
            return function()
        box: list[Result | None] = [None]
        failure: SingError | None = None
        if self.is_main:
            try:
                box[0] = function()
            except SingError as error:
                failure = error
        codes = [failure.exit_code if failure else 0]
        dist.broadcast_object_list(codes, device=self._exchange_device)
        if codes[0]:
            self.fail(failure or SaidElsewhere(codes[0]))
        dist.broadcast_object_list(box, device=self._exchange_device)
        return box[0]  # type: ignore[return-value]

    def fail(self, error: SingError) -> NoReturn:
        """Raise an error that every process has met; only rank 0 prints it."""
        raise error if self.is_main else SaidElsewhere(error.exit_code)

    @property
    def _exchange_device(self) -> torch.device | None:
        return self.device if self.device.type == "cuda" else None


def pick_device(name: str | None) -> torch.device:
    """The device called `name`; a GPU when there is one and no name is given, else the CPU.

    On a GPU it turns TF32 off: streamed, batched and public outputs agree within 1e-5 only in
    full float32.
    """
    wanted = name or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError:
        device = torch.device("meta")
    if device.type not in ("cpu", "cuda"):
        raise SingError(f"--device {wanted}: no such device; use cpu, cuda or cuda:N")
    if device.type == "cuda":
        count = torch.cuda.device_count()
        if (device.index or 0) >= count:
            raise SingError(f"--device {wanted}: torch sees {count} GPUs here; use --device cpu")
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False
    return device


@contextmanager
def processes(device_name: str | None) -> Iterator[Processes]:
    """Join the processes that torchrun started, or be the only one; leave them at the end."""
    world_size = int(os.environ.get("WORLD_SIZE", "1"))
    rank = int(os.environ.get("RANK", "0"))
    device = pick_device(device_name)
    if device.type == "cuda":
        if str(device) == "cuda":  # which one was left open
            device = pick_device(f"cuda:{os.environ.get('LOCAL_RANK', '0')}")
        torch.cuda.set_device(device)
    if world_size == 1:
        yield Processes(rank, world_size, device)
        return
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Processes(rank, world_size, device)
    except BaseException as error:
        traceback.clear_frames(error.__traceback__)
        if _is_end_of_another(error):
            raise SaidElsewhere(1) from None
        raise
    finally:
        # DistributedDataParallel must not be the last to hold the group: it would end the group's
        # threads under the interpreter's lock, which a thread that frees a tensor waits for (the
        # process hangs, or aborts at its exit). It lives on in circles of references, and in the
        # frames of an error, cleared above.
        gc.collect()
        dist.destroy_process_group()


def _is_end_of_another(error: BaseException) -> bool:
    """Whether it is what the others see when one process ends with a message of its own."""
    return isinstance(error, dist.DistBackendError) or (
        isinstance(error, RuntimeError) and "closed by peer" in str(error)
    )
