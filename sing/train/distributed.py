"""The processes of one training run: one, or several started by torchrun."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from sing.errors import SingError


@dataclass(frozen=True)
class Processes:
    """This process's rank, the number of processes, and the device it computes on."""

    rank: int
    world_size: int
    device: torch.device

    @property
    def is_main(self) -> bool:
        """True for rank 0, the one that writes files."""
        return self.rank == 0

    def wrap(self, module: nn.Module) -> nn.Module:
        """The module with its gradients averaged over the processes."""
        if self.world_size == 1:
            return module
        devices = [self.device.index] if self.device.type == "cuda" else None
        return DistributedDataParallel(module, device_ids=devices)

    def total(self, values: Tensor) -> Tensor:
        """The sum of `values` over all processes, the same on each."""
        if self.world_size > 1:
            values = values.to(self.device)
            dist.all_reduce(values)
        return values

    def any(self, claim: bool) -> bool:
        """True on every process when the claim holds on one of them."""
        if self.world_size == 1:
            return claim
        return bool(self.total(torch.tensor(float(claim))).item() > 0)

    def barrier(self) -> None:
        """Wait until every process is here."""
        if self.world_size > 1:
            dist.barrier()


def pick_device(name: str | None) -> torch.device:
    """The device called `name`; a GPU when there is one and no name is given, else the CPU."""
    if name is None:
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise SingError(f"--device {name}: no such device; use cpu, cuda or cuda:N") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise SingError(f"--device {name}: torch sees no GPU here; use --device cpu")
    return device


@contextmanager
def processes(device_name: str | None) -> Iterator[Processes]:
    """Join the processes that torchrun started, or be the only one; leave them at the end."""
    world_size = int(os.environ.get("WORLD_SIZE", "1"))
    rank = int(os.environ.get("RANK", "0"))
    device = pick_device(device_name)
    if device.type == "cuda":
        device = torch.device("cuda", device.index or int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    if world_size > 1:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Processes(rank, world_size, device)
    finally:
        if world_size > 1:
            dist.destroy_process_group()
