"""Hostile descriptions of a model: each is refused in one line, and nothing in it runs.

They are written instruction by instruction, as `pickle` would not write them.
"""

import contextlib
import copyreg
import io
import os
import pickle
import struct
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sing.errors import SingError
from sing.model.public_file import read_public_model
from sing.model.public_pickle import InertPickle, Record

EXTENSION_CODE = 0xEE
FLOATS = b"ctorch\nFloatStorage\n"
REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"
LAYER = b"ctorch.nn.modules.linear\nLinear\n)\x81"


def text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def number(value: int) -> bytes:
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def numbers(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(map(number, values)) + b"t"


def storage(elements: int = 4, key: str = "0", kind: bytes = FLOATS, view: bytes = b"") -> bytes:
    fields = text("storage") + kind + text(key) + text("cpu") + number(elements)
    return b"(" + fields + view + b"tQ"


def tensor(
    of: bytes, offset: int = 0, size: tuple[int, ...] = (4,), stride: tuple[int, ...] = (1,)
) -> bytes:
    arguments = of + number(offset) + numbers(size) + numbers(stride)
    return REBUILD + b"(" + arguments + b"\x89NtR"


def dictionary(entries: bytes) -> bytes:
    return b"}(" + entries + b"u"


def module(parameters: bytes = b"", modules: bytes = b"") -> bytes:
    state = text("_parameters") + dictionary(parameters) + text("_buffers") + b"}"
    return LAYER + dictionary(state + text("_modules") + dictionary(modules)) + b"b"


def write(path: Path, program: bytes, data: bytes = bytes(16)) -> Path:
    """A model file in the zip format whose description is `program`."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", b"\x80\x02" + program + b".")
        archive.writestr("model/data/0", data)
    return path


PIECES = (
    [bytes([code]) for code in b"(]})NthqK0R\x81\x85\x86\x87\x88\x93\x94Qaesub."]
    + [b"h\x00", b"q\x00", FLOATS, REBUILD, LAYER, b"ccollections\nOrderedDict\n", b"cos\nsystem\n"]
    + [text("storage"), text("0"), number(4), number(-1), storage(), tensor(storage()), module()]
)


@pytest.fixture
def extension() -> Iterator[None]:
    """os.system under a code in copyreg, also in the cache that find_class never sees."""
    copyreg.add_extension("os", "system", EXTENSION_CODE)
    copyreg._extension_cache[EXTENSION_CODE] = os.system  # type: ignore[attr-defined]
    yield
    copyreg._extension_cache.clear()  # type: ignore[attr-defined]
    copyreg.remove_extension("os", "system", EXTENSION_CODE)


HOSTILE = {
    "reduce": (b"cos\nsystem\n%s\x85R", "refers to os.system, which a model file has no need of"),
    "posix": (b"cposix\nsystem\n%s\x85R", "refers to posix.system"),
    "eval": (b"cbuiltins\neval\n%s\x85R", "refers to builtins.eval"),
    "python 2": (b"c__builtin__\neval\n%s\x85R", "refers to __builtin__.eval"),
    "getattr": (b"cbuiltins\ngetattr\n%s\x85R", "refers to builtins.getattr"),
    "new object": (b"csubprocess\nPopen\n%s\x85\x81", "refers to subprocess.Popen"),
    "torch": (b"ctorch\nload\n%s\x85R", "refers to torch.load"),
    "storage": (b"ctorch\nFloatStorage.__init__\n%s\x85R", "refers to torch.FloatStorage.__init__"),
    "torch class": (b"ctorch.nn.modules.linear\nLinear\n%s\x85R", "calls torch.nn.modules.linear"),
    "torch class, new": (b"ctorch.nn.modules.linear\nLinear\n%s\x85\x81", "calls torch.nn.mod"),
    "nested module": (b"ctorch.nn.modules.os\nsystem\n%s\x85R", "calls torch.nn.modules.os.system"),
    "dotted": (
        b"\x8c\x08torch.nn\x8c\x11modules.os.system\x93%s\x85R",
        "calls torch.nn.modules.os",
    ),
    "dunder": (b"\x8c\x04sing\x8c\x0bx.__class__\x93%s\x85R", "refers to sing.x.__class__"),
    "stack": (b"\x8c\x02os\x8c\x06system\x93%s\x85R", "refers to os.system"),
    "long name": (b"csing.%s\nx\n%%s\x85R" % (b"y" * 500), "refers to sing.yyy"),
    "escape": (b"csing.\\x41\nB\n%s\x85R", r"refers to sing.\\x41.B"),
    "inst": (b"(%sios\nsystem\n", "uses the pickle instruction INST"),
    "inst of torch": (b"(%sitorch.nn\nLinear\n", "uses the pickle instruction INST"),
    "obj": (b"(ctorch.nn\nLinear\n%so", "uses the pickle instruction OBJ"),
    "extension": (b"\x82\xee%s\x85R", "uses the pickle instruction EXT1"),
    "named persistent": (b"Pos.system\n%s\x85R", "uses the pickle instruction PERSID"),
    "keywords": (b"ctorch.nn\nLinear\n)}%sNs\x92", "uses the pickle instruction NEWOBJ_EX"),
    "state": (b"csing.x\nY\n)\x81}X\x0c\x00\x00\x00__setstate__cos\nsystem\nsb%sb", "os.system"),
    "state of a class": (b"ctorch.nn\nLinear\n}%sNsb", "sets the state of a Name"),
    "state of a call": (b"ctorch._utils\n_rebuild_tensor_v2\n}%sNsb", "sets the state of a Name"),
    "state of a dict": (b"ccollections\nOrderedDict\n)R}%sNsb", "sets the state of a dict"),
    "call of an object": (LAYER + b"%s\x85R", "calls a Record"),
    "dict": (b"ccollections\nOrderedDict\n%s\x85R", "calls collections.OrderedDict"),
    "parameter": (b"ctorch.nn.parameter\nParameter\n%s\x88\x86R", "calls torch.nn.parameter.Param"),
    "size": (b"ctorch\nSize\n%s\x85R", "calls torch.Size"),
}


@pytest.mark.parametrize("case", HOSTILE)
@pytest.mark.usefixtures("extension")
def test_a_file_that_asks_for_code_is_refused_and_none_runs(case: str, tmp_path: Path) -> None:
    program, message = HOSTILE[case]
    marker = tmp_path / "ran"
    path = write(tmp_path / "sing.th", program % text(f"touch {marker}"))
    with pytest.raises(SingError) as caught:
        read_public_model(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not marker.exists()


@pytest.mark.parametrize("case", ["reduce", "stack", "inst", "extension"])
@pytest.mark.usefixtures("extension")
def test_the_hostile_files_of_these_tests_do_run_in_an_ordinary_pickle(
    case: str, tmp_path: Path
) -> None:
    marker = tmp_path / "ran"
    pickle.loads(b"\x80\x04" + HOSTILE[case][0] % text(f"touch {marker}") + b".")
    assert marker.exists()


BAD_TENSORS = {
    "offset": (tensor(storage(), offset=1), "outside of its storage"),
    "stride": (tensor(storage(), size=(2,), stride=(4,)), "outside of its storage"),
    "size": (tensor(storage(), size=(5,)), "outside of its storage"),
    "expanded": (tensor(storage(), size=(1 << 40,), stride=(0,)), "outside of its storage"),
    "huge": (tensor(storage(), size=(1 << 600,) * 3, stride=(1,) * 3), "outside of its storage"),
    "negative offset": (tensor(storage(), offset=-1), "not a whole number"),
    "negative size": (tensor(storage(), size=(-1,)), "not a whole number"),
    "negative stride": (tensor(storage(), offset=3, stride=(-1,)), "not a whole number"),
    "many axes": (tensor(storage(), size=(1,) * 9, stride=(1,) * 9), "without a shape"),
    "few strides": (tensor(storage(), size=(2, 2), stride=(1,)), "too many or too few strides"),
    "no storage": (tensor(b"N"), "without a storage"),
    "empty": (tensor(storage(), size=(0,)), "holds no numbers"),
    "larger than the file": (tensor(storage(elements=1 << 50)), "storage 0 is not complete"),
    "absent": (tensor(storage(key="1")), "storage 1 is not complete"),
    "outside": (tensor(storage(key="../../etc/passwd")), "storage .* is not complete"),
    "of a class": (tensor(storage(kind=b"ctorch.nn\nLinear\n")), "unknown kind of reference"),
    "two lengths": (tensor(storage()) + text("bias") + tensor(storage(3)), "two storages of one"),
    "view": (tensor(storage(view=b"(" + text("1") + number(3) + number(2) + b"t")), "a view"),
}


@pytest.mark.parametrize("case", BAD_TENSORS)
def test_a_tensor_that_is_not_wholly_in_the_file_is_refused(case: str, tmp_path: Path) -> None:
    program, message = BAD_TENSORS[case]
    path = write(tmp_path / "sing.th", module(text("weight") + program))
    with pytest.raises(SingError, match=message):
        read_public_model(path)


def test_offset_stride_and_view_choose_the_numbers(tmp_path: Path) -> None:
    view = b"(" + text("1") + number(1) + number(7) + b"t"
    transposed = tensor(storage(8, view=view), offset=1, size=(2, 3), stride=(1, 2))
    program = module(text("weight") + transposed)
    path = write(tmp_path / "sing.th", program, struct.pack("<8f", *range(8)))
    # Number 2 is the first: one is left out by the view, one by the tensor.
    assert read_public_model(path)["weight"].tolist() == [[2, 4, 6], [3, 5, 7]]


CYCLE = dictionary(
    text("_parameters")
    + b"}"
    + text("_buffers")
    + b"}"
    + text("_modules")
    + dictionary(text("a") + b"h\x00")
)


def doubled(level: int) -> bytes:
    """A module that holds the one before it twice."""
    before, this = bytes([level]), bytes([level + 1])
    return module(modules=text("a") + b"h" + before + text("b") + b"h" + before) + b"q" + this


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (b")" + b"\x85" * 300_000, "holds a tuple, not a model"),
        (b"}" + b")" + b"\x85" * 300_000 + b"Ns", "a dictionary's key is not plain"),
        (b"]" * 300_000 + b"a" * 299_999, "holds a list, not a model"),
        (b"(" * 300_000, "damaged"),
        (b"N" * 1_000_001, "far too long for a model"),
        (b"K\x01r\xff\xff\xff\x7f", "holds a int, not a model"),
        (b"\x80\x04\x8d" + struct.pack("<Q", 1 << 60), "BINUNICODE8"),
        (b"X" + struct.pack("<I", 0xFFFFFFF0), "damaged"),
        (LAYER + b"q\x00" + text("_parameters") + b"N\x86b", "not a module as torch saves them"),
        (LAYER + b"q\x00" + CYCLE + b"b", "more than 1,000 modules"),
        (module() + b"q\x00" + b"".join(map(doubled, range(40))), "more than 1,000 modules"),
    ],
)
def test_a_description_without_end_is_refused_in_seconds(
    program: bytes, message: str, tmp_path: Path
) -> None:
    start = time.monotonic()
    with pytest.raises(SingError, match=message):
        read_public_model(write(tmp_path / "sing.th", program))
    assert time.monotonic() - start < 30


def test_a_long_list_is_not_copied_however_often_a_file_asks() -> None:
    copies = b"cbuiltins\nlist\nh\x00\x85R" * 50_000
    program = b"](" + b"N" * 100_000 + b"eq\x00" + copies + b"."
    start = time.monotonic()
    result = InertPickle("sing.th").read(io.BytesIO(program))
    assert isinstance(result, list)
    assert len(result) == 100_000
    assert time.monotonic() - start < 30


def test_a_class_is_remembered_by_name_and_never_looked_up() -> None:
    program = b"csing.nowhere.models\nSING\n)\x81}" + text("length") + b"M\x09\x01sb."
    record = InertPickle("sing.th").read(io.BytesIO(program))
    assert isinstance(record, Record)
    assert (record.kind, record.state) == ("sing.nowhere.models.SING", {"length": 265})


@given(st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join))
def test_any_run_of_instructions_is_read_or_refused(program: bytes) -> None:
    with contextlib.suppress(SingError):
        InertPickle("sing.th").read(io.BytesIO(program))
