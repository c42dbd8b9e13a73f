"""The public pretrained model file, read without running any code from it.

The file of 2018 is in torch's older format: pickles of a magic number, a version, facts about the
machine and the module itself, then one of the storages' keys, then each storage as a count and
its raw numbers. Beside the module's classes stands their source text, which is skipped. torch's
newer format is a zip archive with the module in `data.pkl` and a file for each storage.

torch.load could read either, but a module saved whole makes it run what the file says
(`weights_only=True` refuses such a module, and needs the public classes to be installed). So the
pickles go through `public_pickle`, and modules are walked as records of `_parameters`,
`_buffers` and `_modules`.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.lib.stride_tricks import as_strided

from sing.errors import SingError
from sing.model.public_pickle import NUMBER_TYPES, InertPickle, Record, Storage, TensorView

MAX_ENTRIES = 1_000
"""Modules and tensors in one file; SING has about 20 and 35."""

_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
_VERSION = 1001
_ZIP_START = b"PK\x03\x04"
_PICKLE_START = b"\x80"
_ENTRY = re.compile(r"\w{1,64}", re.ASCII)
_ADVICE = "give the public sing.th, or another SING model that torch.save wrote whole"

_BIG_ENDIAN = "{}: saved on a big-endian machine, which is not supported; save it on another"

_Contents = tuple[object, Mapping[str, bytes | memoryview]]


def read_public_model(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a module that torch.save wrote whole, float32, on the CPU.

    Their names and order are those of the module's state_dict, such as
    `sequence_generator.tables.0.weight`. Raises SingError when the file is missing, is no such
    model, is damaged, holds numbers that are not finite, or asks for code to be run.
    """
    if not path.is_file():
        raise SingError(f"{path}: there is no such file; check the path")
    try:
        with path.open("rb") as file:
            start = file.read(64)
        if start.startswith(_ZIP_START):
            root, storages = _read_zip(path)
        elif start.startswith(_PICKLE_START):
            root, storages = _read_legacy(path)
        else:
            raise SingError(f"{path}: not a model that torch saved ({_looks(start)}); {_ADVICE}")
    except PermissionError as error:
        raise SingError(f"{path}: may not be read ({error.strerror}); change its mode") from None
    views = _state(path, root)
    if sum(view.elements for view in views.values()) > path.stat().st_size:
        raise SingError(f"{path}: its tensors hold more numbers than the file; refused")
    return {name: _tensor(path, name, view, storages) for name, view in views.items()}


def _looks(start: bytes) -> str:
    if not start:
        return "the file is empty"
    if all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in start):
        return "it looks like text"
    return "neither a zip archive nor a pickle"


def _read_legacy(path: Path) -> _Contents:
    data = path.read_bytes()
    file = io.BytesIO(data)
    pickles = InertPickle(str(path))
    if pickles.read(file) != _MAGIC_NUMBER or pickles.read(file) != _VERSION:
        raise SingError(f"{path}: a pickle, but not a model that torch saved; {_ADVICE}")
    machine = pickles.read(file)
    if not isinstance(machine, dict) or machine.get("little_endian") is not True:
        raise SingError(_BIG_ENDIAN.format(path))
    root = pickles.read(file)
    keys = pickles.read(file)
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise pickles.damaged("no list of storages")
    if sorted(keys) != sorted(pickles.storages):
        raise pickles.damaged("a storage is missing or not used")
    storages: dict[str, memoryview] = {}
    position = file.tell()
    for key in keys:
        expected = pickles.storages[key].elements
        count = int.from_bytes(data[position : position + 8], "little", signed=True)
        begin = position + 8
        position = begin + _bytes(pickles.storages[key])
        if position > len(data) or count != expected:
            raise pickles.damaged(f"storage {key[:20]} is not complete")
        storages[key] = memoryview(data)[begin:position]
    return root, storages


def _read_zip(path: Path) -> _Contents:
    pickles = InertPickle(str(path))
    storages: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            entries = _entries_of(path, archive)
            modules = [name for name in entries if re.fullmatch(r"[^/]+/data\.pkl", name)]
            if len(modules) != 1:
                raise SingError(f"{path}: a zip archive without a data.pkl; {_ADVICE}")
            folder = modules[0].removesuffix("data.pkl")
            order = entries.get(f"{folder}byteorder")
            if order is not None and archive.read(order) != b"little":
                raise SingError(_BIG_ENDIAN.format(path))
            root = pickles.read(io.BytesIO(archive.read(modules[0])))
            for key, storage in pickles.storages.items():
                entry = entries.get(f"{folder}data/{key}")
                if entry is None or entry.file_size != _bytes(storage):
                    raise pickles.damaged(f"storage {key[:20]} is not complete")
                storages[key] = archive.read(entry)
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError) as error:
        raise pickles.damaged(str(error)) from None
    return root, storages


def _entries_of(path: Path, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    entries = {entry.filename: entry for entry in archive.infolist()}
    for entry in entries.values():
        is_encrypted = entry.flag_bits & 1
        if entry.compress_type != zipfile.ZIP_STORED or is_encrypted:
            raise SingError(f"{path}: a compressed archive, which torch does not write; {_ADVICE}")
    # What is stored as it is cannot be longer than the file, unless entries overlap.
    if sum(entry.file_size for entry in entries.values()) > path.stat().st_size:
        raise SingError(f"{path}: its entries hold more than the file; refused")
    return entries


def _bytes(storage: Storage) -> int:
    return storage.elements * np.dtype(NUMBER_TYPES[storage.number_type]).itemsize


def _state(path: Path, root: object) -> dict[str, TensorView]:
    """Names and tensors in the order of a state_dict: a module's own first, then its children's."""
    if not isinstance(root, Record):
        raise SingError(f"{path}: holds a {type(root).__name__}, not a model; {_ADVICE}")
    views: dict[str, TensorView] = {}
    waiting = [("", root)]
    visited = 0
    while waiting:
        prefix, module = waiting.pop()
        for kind in ("_parameters", "_buffers"):
            for name, value in _entries(path, module, kind):
                if not isinstance(value, TensorView):
                    raise SingError(f"{path}: {prefix}{name} is not a tensor; download it again")
                views[prefix + name] = value
        children = []
        for name, value in _entries(path, module, "_modules"):
            if not isinstance(value, Record):
                raise SingError(f"{path}: {prefix}{name} is not a module; download it again")
            children.append((f"{prefix}{name}.", value))
        waiting.extend(reversed(children))
        visited += 1
        # One module may be its own child, or the child of many: the walk has to end.
        if visited + len(waiting) > MAX_ENTRIES or len(views) > MAX_ENTRIES:
            raise SingError(f"{path}: more than {MAX_ENTRIES:,} modules or tensors; refused")
    return views


def _entries(path: Path, module: Record, kind: str) -> list[tuple[str, object]]:
    """The entries of one of a module's dictionaries that are set."""
    state = module.state if isinstance(module.state, dict) else {}
    entries = state.get(kind)
    if not isinstance(entries, dict) or len(entries) > MAX_ENTRIES:
        raise SingError(f"{path}: {module.kind} is not a module as torch saves them; {_ADVICE}")
    for name in entries:
        if not isinstance(name, str) or not _ENTRY.fullmatch(name):
            raise SingError(f"{path}: {name!a} is not a parameter's name; download it again")
    return [(name, value) for name, value in entries.items() if value is not None]


def _tensor(
    path: Path, name: str, view: TensorView, storages: Mapping[str, bytes | memoryview]
) -> torch.Tensor:
    """A copy of the numbers that the view shows, in float32 and in one piece."""
    if view.elements == 0:
        raise SingError(f"{path}: {name} holds no numbers; download it again")
    number_type = np.dtype(NUMBER_TYPES[view.storage.number_type])
    numbers = np.frombuffer(storages[view.storage.key], number_type)
    # The stride of an axis of size 1 says nothing, and may be any number.
    axes = zip(view.size, view.stride, strict=True)
    strides = [stride * number_type.itemsize if size > 1 else 0 for size, stride in axes]
    first = view.storage.start + view.offset
    shown = as_strided(numbers[first:], view.size, strides, writeable=False)
    with np.errstate(over="ignore"):
        copy = shown.astype(np.float32, order="C")
    if not np.isfinite(copy).all():
        raise SingError(f"{path}: {name} holds a number that is not finite; download it again")
    return torch.from_numpy(copy)
