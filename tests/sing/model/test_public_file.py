import contextlib
import os
import pickle
import sys
import types
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.backends.cudnn.rnn import Unserializable

from sing.errors import SingError
from sing.model.public_file import read_public_model

SOURCE = '''
import torch
from torch import nn


class SequenceGenerator(nn.Module):
    """Much smaller than SING, with all that its file may hold."""

    def __init__(self):
        super().__init__()
        self.tables = nn.ModuleList([nn.Embedding(3, 2), nn.Embedding(4, 2)])
        self.inputs = ["instrument", "pitch"]
        self.lstm = nn.LSTM(4, 2, num_layers=2)
        self.time_table = None
        self.register_parameter("absent", None)
        self.transposed = nn.Parameter(torch.arange(6.0).view(2, 3).t())
        self.scalar = nn.Parameter(torch.tensor(7.0))


class SING(nn.Module):
    def __init__(self):
        super().__init__()
        self.sequence_generator = SequenceGenerator()
        self.decoder = nn.Sequential(nn.Conv1d(2, 3, 3), nn.ReLU())
        self.register_buffer("window", torch.hann_window(8))
'''


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> torch.nn.Module:
    """A module whose classes stand in sing.sequence.models, as those of the public file do."""
    file = tmp_path / "models.py"
    file.write_text(SOURCE)
    module = types.ModuleType("sing.sequence.models")
    module.__file__ = str(file)
    monkeypatch.setitem(sys.modules, "sing.sequence.models", module)
    exec(compile(SOURCE, file, "exec"), vars(module))
    torch.manual_seed(1)
    return module.SING()  # type: ignore[no-any-return]


def save_legacy(model: torch.nn.Module, path: Path) -> Path:
    torch.save(model, path, _use_new_zipfile_serialization=False)
    return path


def save_zip(model: torch.nn.Module, path: Path) -> Path:
    torch.save(model, path)
    return path


BOTH = pytest.mark.parametrize("save", [save_legacy, save_zip])


def assert_same(read: dict[str, torch.Tensor], model: torch.nn.Module) -> None:
    expected = model.state_dict()
    assert list(read) == list(expected)
    for name, tensor in expected.items():
        assert read[name].dtype == torch.float32
        assert read[name].is_contiguous()
        assert torch.equal(read[name], tensor.float()), name


def test_golden_model_is_read_number_by_number(golden: Path) -> None:
    read = read_public_model(golden / "tiny_reference_model.th")
    weights = np.load(golden / "tiny_weights.npz")
    synthesizer = {name for name in weights if not name.startswith("encoder.")}
    assert set(read) == synthesizer | {"decoder.layers.6.window"}
    for name in synthesizer:
        assert np.array_equal(read[name].numpy(), weights[name]), name


@BOTH
def test_both_formats_give_the_state_dict(
    save: Any, model: torch.nn.Module, tmp_path: Path
) -> None:
    path = save(model, tmp_path / "sing.th")
    assert_same(read_public_model(path), model)


def test_source_text_and_classes_of_the_legacy_format_are_not_needed(
    model: torch.nn.Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save_legacy(model, tmp_path / "sing.th")
    assert b"Much smaller than SING" in path.read_bytes()
    monkeypatch.delitem(sys.modules, "sing.sequence.models")
    assert_same(read_public_model(path), model)
    assert "sing.sequence" not in sys.modules


def test_what_torch_of_2018_wrote_beside_is_read(
    model: torch.nn.Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # torch 0.4: a parameter is the class called with its tensor, every module points at its
    # backend, an LSTM that ran on a GPU keeps a dropout state and all its weights in one storage.
    lstm = model.get_submodule("sequence_generator.lstm")
    flat = torch.cat([torch.zeros(3), *(weight.detach().flatten() for weight in lstm.parameters())])
    start = 3
    for weight in lstm.parameters():
        weight.data = flat[start : start + weight.numel()].view_as(weight)
        start += weight.numel()
    lstm.dropout_state = {"desc_0": Unserializable(None)}  # type: ignore[assignment]
    backend = sys.modules["sing.sequence.models"]
    for module in model.modules():
        module._backend = _Backend()  # type: ignore[assignment]
    monkeypatch.setitem(sys.modules, "torch.nn.backends.thnn", backend)
    monkeypatch.setitem(vars(backend), "_get_thnn_function_backend", _get_thnn_function_backend)
    monkeypatch.setattr(
        torch.nn.Parameter,
        "__reduce_ex__",
        lambda self, protocol: (torch.nn.Parameter, (self.data, self.requires_grad)),
    )
    path = save_legacy(model, tmp_path / "sing.th")
    data = path.read_bytes()
    assert b"ctorch.nn.backends.thnn\n_get_thnn_function_backend\n" in data
    assert b"ctorch.backends.cudnn.rnn\nUnserializable\n" in data
    assert b"_rebuild_parameter" not in data
    assert_same(read_public_model(path), model)


def _get_thnn_function_backend() -> None:
    raise AssertionError("called")


_get_thnn_function_backend.__module__ = "torch.nn.backends.thnn"


class _Backend:
    def __reduce__(self) -> tuple[Any, ...]:
        return _get_thnn_function_backend, ()


@BOTH
@pytest.mark.parametrize("dtype", [torch.float64, torch.float16])
def test_other_precisions_become_float32(
    save: Any, dtype: torch.dtype, model: torch.nn.Module, tmp_path: Path
) -> None:
    path = save(model.to(dtype), tmp_path / "sing.th")
    assert_same(read_public_model(path), model)


@BOTH
def test_a_number_that_is_not_finite_is_named(
    save: Any, model: torch.nn.Module, tmp_path: Path
) -> None:
    with torch.no_grad():
        model.get_parameter("decoder.0.bias")[1] = torch.nan
    with pytest.raises(SingError, match=r"decoder\.0\.bias holds a number that is not finite"):
        read_public_model(save(model, tmp_path / "sing.th"))


def test_the_tensors_may_be_changed_one_by_one(model: torch.nn.Module, tmp_path: Path) -> None:
    model.get_submodule("decoder").register_parameter("tied", model.get_parameter("decoder.0.bias"))
    read = read_public_model(save_legacy(model, tmp_path / "sing.th"))
    before = read["decoder.0.bias"].clone()
    read["decoder.tied"].zero_()
    assert torch.equal(read["decoder.0.bias"], before)


def test_hostile_legacy_file_is_refused_and_nothing_runs(
    model: torch.nn.Module, tmp_path: Path
) -> None:
    marker = tmp_path / "ran"

    class Hostile:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.system, (f"touch {marker}",)

    model.extra = Hostile()  # type: ignore[assignment]
    path = save_legacy(model, tmp_path / "sing.th")
    plain = tmp_path / "plain.th"
    plain.write_bytes(pickle.dumps(Hostile()))
    for file in (path, plain):
        with pytest.raises(SingError, match=r"refers to posix\.system, which .*; refused, nothing"):
            read_public_model(file)
    assert not marker.exists()
    torch.load(path, weights_only=False)  # torch itself does run it
    assert marker.exists()


def zip_of_others(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "hello")


def safetensors_file(path: Path) -> None:
    safetensors.numpy.save_file({"weight": np.zeros(3)}, path)


def plain_pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps({"epoch": 3}))


def compressed_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model/data.pkl", bytes(1_000_000))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.write_text("<html>not found</html>"), "it looks like text"),
        (lambda path: path.touch(), "the file is empty"),
        (zip_of_others, r"a zip archive without a data\.pkl"),
        (safetensors_file, "neither a zip archive nor a pickle"),
        (plain_pickle, "a pickle, but not a model that torch saved"),
        (compressed_zip, "a compressed archive"),
        (lambda path: torch.save({"weight": torch.ones(2)}, path), "holds a dict, not a model"),
        (lambda path: torch.save(torch.ones(2), path), "holds a TensorView, not a model"),
        (lambda path: path.mkdir(), "there is no such file"),
        (lambda path: None, "there is no such file"),
        (os.mkfifo, "there is no such file"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_one_line(
    make: Callable[[Path], Any], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "sing.th"
    make(path)
    with pytest.raises(SingError, match=message) as caught:
        read_public_model(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@BOTH
def test_another_byte_order_is_refused(save: Any, model: torch.nn.Module, tmp_path: Path) -> None:
    path = save(model, tmp_path / "sing.th")
    if save is save_legacy:
        data = path.read_bytes()
        position = data.index(b"little_endian") + len(b"little_endianq\x02")
        assert data[position : position + 1] == b"\x88"  # True
        path.write_bytes(data[:position] + b"\x89" + data[position + 1 :])
    else:
        with zipfile.ZipFile(path) as old:
            entries = {name: old.read(name) for name in old.namelist()}
        with zipfile.ZipFile(path, "w") as new:
            for name, content in entries.items():
                new.writestr(name, b"big" if name.endswith("/byteorder") else content)
    with pytest.raises(SingError, match="big-endian machine"):
        read_public_model(path)


@BOTH
def test_a_file_cut_anywhere_is_refused(save: Any, model: torch.nn.Module, tmp_path: Path) -> None:
    path = save(model, tmp_path / "sing.th")
    data = path.read_bytes()
    for length in range(0, len(data), 97):
        path.write_bytes(data[:length])
        with pytest.raises(SingError):
            read_public_model(path)


@pytest.fixture(scope="module")
def small_files(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Valid files of a few kilobytes in both formats."""
    path = tmp_path_factory.mktemp("small") / "sing.th"
    network = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.LSTM(2, 2))
    with pytest.MonkeyPatch.context() as patch:
        # Without the source text nearly every byte matters.
        patch.setattr("torch.serialization.get_source_lines_and_file", lambda _: ([], 0, ""))
        return [save(network, path).read_bytes() for save in (save_legacy, save_zip)]


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_damage_is_refused_or_does_no_harm(
    data: st.DataObject, small_files: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(data.draw(st.sampled_from(small_files)))
    damage = st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255))
    for position, value in data.draw(st.lists(damage, min_size=1, max_size=4)):
        content[position] = value
    scratch = tmp_path_factory.getbasetemp() / "fuzz.th"
    scratch.write_bytes(content[: data.draw(st.integers(1, len(content)) | st.none())])
    with contextlib.suppress(SingError):
        read = read_public_model(scratch)
        assert all(torch.isfinite(tensor).all() for tensor in read.values())
