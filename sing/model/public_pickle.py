"""Pickles read as plain data: nothing in them is imported, looked up or called.

A pickle is a program for a small stack machine whose instructions can import any name and call
it. This machine knows only the instructions that torch writes. A name stays a name, an object
becomes a `Record` of the state that the file gives it, and the few calls that build tensors turn
into `TensorView`s after checks. Whatever else a file asks for is refused by name.

Not a `pickle.Unpickler` with a guarded `find_class`: it sets attributes and calls methods of what
find_class returns, takes objects from copyreg's cache unasked, and allocates tables as large as
the file says. Nor torch's `weights_only`, which refuses modules saved whole in the older format.
"""

from __future__ import annotations

import math
import pickletools
import re
from dataclasses import dataclass
from typing import IO

from sing.errors import SingError

MAX_INSTRUCTIONS = 1_000_000
"""A SING model takes some 3,000; the limit bounds the time and memory of a hostile file."""

MAX_AXES, MAX_ARGUMENTS, MAX_NAME = 8, 8, 200
"""Of a tensor, of a call, and the length of a name: a little more than any model has."""

NUMBER_TYPES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
}
"""torch's names of storages and the numpy type of their numbers on disk."""

_STORAGE = re.compile(rf"torch(\.cuda)?\.({'|'.join(NUMBER_TYPES)})")
_EMPTY_DICTS = ("collections.OrderedDict", "builtins.dict", "__builtin__.dict")
_LISTS = ("builtins.list", "__builtin__.list", "builtins.set", "__builtin__.set")
# How many arguments follow the storage, the offset, the size and the stride.
_TENSORS = {"torch._utils._rebuild_tensor": (0,), "torch._utils._rebuild_tensor_v2": (2, 3)}
# torch 0.4 calls the class itself, later versions the function.
_PARAMETERS = ("torch.nn.parameter.Parameter", "torch._utils._rebuild_parameter")
_SIZE = "torch.Size"
# An LSTM that has run on a GPU under torch 0.4 keeps one of these in its dropout_state.
_DROPOUT_STATE = "torch.backends.cudnn.rnn.Unserializable"
_KNOWN = {*_EMPTY_DICTS, *_LISTS, *_TENSORS, *_PARAMETERS, _SIZE, _DROPOUT_STATE}
_CLASS = re.compile(r"(sing|torch\.nn)(\.(?!__)[A-Za-z_][A-Za-z0-9_]*)+")

_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_LITERALS = {"BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE"}
_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_EMPTY = {"EMPTY_LIST": list, "EMPTY_SET": list, "EMPTY_DICT": dict}
_MEMO = {"BINPUT", "LONG_BINPUT", "MEMOIZE", "BINGET", "LONG_BINGET"}
_COLLECT = {"APPEND": 1, "SETITEM": 2, "APPENDS": None, "ADDITEMS": None, "SETITEMS": None}
_OBJECTS = {"STACK_GLOBAL", "REDUCE", "NEWOBJ", "BUILD", "BINPERSID"}
_OTHERS = {"GLOBAL", "PROTO", "FRAME", "MARK", "TUPLE", "STOP"}
_OPCODES = {opcode.code.encode("latin-1"): opcode for opcode in pickletools.opcodes}
_INSTRUCTIONS = {*_CONSTANTS, *_LITERALS, *_TUPLES, *_EMPTY, *_MEMO, *_COLLECT, *_OBJECTS, *_OTHERS}


@dataclass(frozen=True, slots=True)
class Name:
    """A class or function that the file refers to, as text: `torch.nn.modules.conv.Conv1d`."""

    path: str


@dataclass(slots=True, eq=False)
class Record:
    """An object of a class of torch's or SING's: the class and the state it was saved with."""

    kind: str
    state: object = None


@dataclass(frozen=True, slots=True)
class Storage:
    """`elements` numbers in the file, under a key; `length` of them from `start` on are shown."""

    number_type: str
    key: str
    elements: int
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class TensorView:
    """A tensor: which numbers of a storage it shows, all of them known to lie inside it."""

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def elements(self) -> int:
        """How many numbers the tensor holds."""
        return math.prod(self.size)

    @property
    def end(self) -> int:
        """One past the last number of the storage that the tensor shows."""
        steps = zip(self.size, self.stride, strict=True)
        return self.offset + sum((size - 1) * stride for size, stride in steps) + 1


class InertPickle:
    """The stack machine, for one file whose path is `where`; `storages` are those it refers to.

    `read` may be called for several pickles in a row, as torch's older format has them.
    """

    def __init__(self, where: str) -> None:
        self.storages: dict[str, Storage] = {}
        self._where = where
        self._stack: list[object] = []
        self._outer: list[list[object]] = []
        self._memo: dict[int, object] = {}

    def read(self, file: IO[bytes]) -> object:
        """The object that the pickle at the file's position describes; the position moves past it.

        Raises SingError when the pickle is damaged, or asks for anything that a model needs not.
        """
        self._stack, self._outer, self._memo = [], [], {}
        try:
            for _ in range(MAX_INSTRUCTIONS):
                instruction = _OPCODES[file.read(1)]
                name = instruction.name
                if name not in _INSTRUCTIONS:
                    raise self._refused(f"uses the pickle instruction {name}")
                if name == "STOP":
                    return self._stack.pop()
                if name == "GLOBAL":
                    # Not by pickletools, which would expand escapes such as \x41 in the name.
                    self._stack.append(self._named(f"{_line(file)}.{_line(file)}"))
                else:
                    argument = instruction.arg.reader(file) if instruction.arg else None
                    self._step(name, argument)
        except (IndexError, KeyError, ValueError):
            raise self.damaged() from None
        raise SingError(f"{self._where}: its description is far too long for a model; refused")

    def damaged(self, detail: str = "cut short, or its description makes no sense") -> SingError:
        """The error for a file whose content cannot be what torch wrote."""
        return SingError(f"{self._where}: damaged ({_shown(detail)}); download it again")

    def _refused(self, request: str) -> SingError:
        verdict = "which a model file has no need of; refused, nothing was run"
        return SingError(f"{self._where}: {request}, {verdict}")

    def _step(self, name: str, argument: object) -> None:
        if name in _LITERALS:
            self._stack.append(argument)
        elif name in _CONSTANTS:
            self._stack.append(_CONSTANTS[name])
        elif name in _EMPTY:
            self._stack.append(_EMPTY[name]())
        elif name in _TUPLES:
            self._stack.append(tuple(self._pop(_TUPLES[name])))
        elif name in _MEMO:
            self._remember(name, argument)
        elif name == "MARK":
            self._outer.append(self._stack)
            self._stack = []
        elif name == "TUPLE":
            items = self._pop_mark()
            self._stack.append(tuple(items))
        elif name in _COLLECT:
            count = _COLLECT[name]
            self._collect(name, self._pop_mark() if count is None else self._pop(count))
        elif name in _OBJECTS:
            self._stack.append(self._object(name))

    def _pop(self, count: int) -> list[object]:
        if count > len(self._stack):
            raise self.damaged()
        start = len(self._stack) - count
        items, self._stack[start:] = self._stack[start:], []
        return items

    def _pop_mark(self) -> list[object]:
        items, self._stack = self._stack, self._outer.pop()
        return items

    def _remember(self, name: str, argument: object) -> None:
        key = argument if isinstance(argument, int) else len(self._memo)
        if name in ("BINGET", "LONG_BINGET"):
            self._stack.append(self._memo[key])
        else:
            self._memo[key] = self._stack[-1]

    def _collect(self, name: str, items: list[object]) -> None:
        target = self._stack[-1]
        if not name.startswith("SET") and isinstance(target, list):
            target.extend(items)
        elif name.startswith("SET") and isinstance(target, dict) and len(items) % 2 == 0:
            # Only plain keys: the hash of a deeply nested tuple would overflow the C stack.
            if not all(isinstance(key, str | int | float | None) for key in items[::2]):
                raise self.damaged("a dictionary's key is not plain")
            target.update(zip(items[::2], items[1::2], strict=True))
        else:
            raise self.damaged()

    def _object(self, name: str) -> object:
        if name == "BINPERSID":
            return self._persistent(self._stack.pop())
        below, top = self._pop(2)
        if name == "STACK_GLOBAL" and isinstance(below, str) and isinstance(top, str):
            return self._named(f"{below[:MAX_NAME]}.{top[:MAX_NAME]}")
        if name in ("REDUCE", "NEWOBJ"):
            return self._called(below, top)
        if name != "BUILD" or not isinstance(below, Record):
            raise self._refused(f"sets the state of a {type(below).__name__}")
        below.state = top
        return below

    def _named(self, path: str) -> Name:
        known = path in _KNOWN or _STORAGE.fullmatch(path) or _CLASS.fullmatch(path)
        if len(path) > MAX_NAME or not known:
            raise self._refused(f"refers to {_shown(path)}")
        return Name(path)

    def _persistent(self, identity: object) -> Name | Storage:
        """What stands outside of the pickle: a storage, or a class with its source text."""
        match identity:
            case ("module", Name() as name, _, _):
                return name
            case ("storage", Name(path), str(key), str(), int(elements), *views) if (
                _STORAGE.fullmatch(path) and len(views) <= 1
            ):
                number_type = path.rpartition(".")[2]
            case _:
                raise self.damaged("an unknown kind of reference")
        whole = Storage(number_type, key, self._count(elements), 0, elements)
        if self.storages.setdefault(key, whole) != whole:
            raise self.damaged("two storages of one name")
        match views:
            case [] | [None]:
                return whole
            case [(_, int(start), int(length))] if self._count(start) <= elements - length:
                return Storage(number_type, key, elements, start, self._count(length))
        raise self.damaged("a view outside of its storage")

    def _called(self, target: object, arguments: object) -> object:
        if not isinstance(target, Name) or not isinstance(arguments, tuple):
            raise self._refused(f"calls a {type(target).__name__}")
        path, count = target.path, len(arguments)
        result: object = None
        match arguments:
            case _ if count > MAX_ARGUMENTS:
                pass
            case () if path in _EMPTY_DICTS:
                result = {}
            case () if path in _LISTS:
                result = []
            case () if _CLASS.fullmatch(path) or path == _DROPOUT_STATE:
                result = Record(path)
            # Neither is copied: a file could ask for many copies of one long list.
            case (list() as items,) if path in _LISTS:
                result = items
            case (tuple() as sizes,) if path == _SIZE:
                result = sizes
            case (TensorView() as tensor, bool(), *_) if path in _PARAMETERS:
                result = tensor
            case (storage, offset, size, stride, *rest) if len(rest) in _TENSORS.get(path, ()):
                result = self._tensor(storage, offset, size, stride)
        if result is None:
            raise self._refused(f"calls {_shown(path)} with {count} arguments")
        return result

    def _tensor(self, storage: object, offset: object, size: object, stride: object) -> TensorView:
        if not isinstance(storage, Storage):
            raise self.damaged("a tensor without a storage")
        if not isinstance(size, tuple) or not isinstance(stride, tuple) or len(size) > MAX_AXES:
            raise self.damaged("a tensor without a shape")
        if len(size) != len(stride):
            raise self.damaged("a tensor with too many or too few strides")
        sizes, strides = tuple(map(self._count, size)), tuple(map(self._count, stride))
        tensor = TensorView(storage, self._count(offset), sizes, strides)
        # The second test refuses axes of stride 0, which show a number more often than it is there.
        if tensor.end > storage.length or tensor.elements > storage.length:
            raise self.damaged("a tensor reaches outside of its storage")
        return tensor

    def _count(self, value: object) -> int:
        if type(value) is not int or value < 0:
            raise self.damaged("a size is not a whole number")
        return value


def _line(file: IO[bytes]) -> str:
    return file.readline(MAX_NAME).removesuffix(b"\n").decode("ascii")


def _shown(path: str) -> str:
    """Text from the file, safe to print on one line."""
    return ascii(path[:80])[1:-1]
