"""Features are computed once for a waveform, whoever asks, and a broken cache only costs time."""

import sqlite3
import threading
from pathlib import Path

import numpy as np
import pytest

from eval_suite import feature_cache
from eval_suite.feature_cache import FeatureCache, open_feature_cache

TONE = b"the digest of a tone"


class Counted:
    """A feature that counts how often it is computed."""

    def __init__(self, value: np.ndarray) -> None:
        self.value = value
        self.times = 0

    def __call__(self) -> np.ndarray:
        self.times += 1
        return self.value


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "features.sqlite"


@pytest.mark.parametrize("value", [np.array([440.1, np.pi]), np.zeros((0, 3), np.float32)])
def test_a_feature_is_computed_once_and_comes_back_bit_for_bit(path, value):
    feature = Counted(value)
    first = FeatureCache(path)
    first.get("pitch/1", TONE, feature)
    first.get("pitch/1", TONE, feature)
    first.close()
    found = FeatureCache(path).get("pitch/1", TONE, feature)
    assert feature.times == 1
    assert (found.dtype, found.shape) == (value.dtype, value.shape)
    assert found.tobytes() == value.tobytes()


def test_another_waveform_feature_or_version_of_a_package_is_another_entry(path, monkeypatch):
    feature = Counted(np.ones(1))
    cache = FeatureCache(path)
    for name, digest in (("a/1", TONE), ("a/2", TONE), ("b/1", TONE), ("a/1", b"another")):
        cache.get(name, digest, feature)
    assert feature.times == 4
    cache.close()
    monkeypatch.setattr(feature_cache, "versions", lambda: {"librosa": "9"})
    FeatureCache(path).get("a/1", TONE, feature)
    assert feature.times == 5


def test_many_writers_at_once_lose_nothing(path):
    def fill(worker: int) -> None:
        cache = FeatureCache(path)
        for place in range(20):
            cache.get(f"{worker}/{place}", TONE, Counted(np.array([worker, place])))
            cache.flush()
        cache.close()

    threads = [threading.Thread(target=fill, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM features").fetchone() == (80,)


def test_a_file_that_is_no_cache_is_said_and_done_without(path, capsys):
    path.parent.mkdir()
    path.write_bytes(b"not SQLite, but long enough to be looked at " * 100)
    feature = Counted(np.array([1.0]))
    cache = FeatureCache(path)
    assert cache.get("a", TONE, feature) == [1.0]
    cache.close()
    assert (
        "features.sqlite: not used as a cache (file is not a database); delete the file"
        in capsys.readouterr().err
    )
    assert path.read_bytes().startswith(b"not SQLite")


@pytest.mark.parametrize(
    "damage",
    ["x''", "NULL", "'text'", "substr(value, 1, 30)", "substr(value, 1, length(value) - 3)",
     "CAST(replace(value, 'shape', 'shap(') AS BLOB)", "zeroblob(200)"],
)  # fmt: skip
def test_a_damaged_entry_is_computed_again_and_replaced(path, damage, capsys):
    feature = Counted(np.array([1.0, 2.0]))
    cache = FeatureCache(path)
    cache.get("a", TONE, feature)
    cache.close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE features SET value = {damage}")
    for _ in range(2):
        cache = FeatureCache(path)
        assert cache.get("a", TONE, feature).tolist() == [1, 2]
        cache.close()
    assert feature.times == 2
    assert not capsys.readouterr().err


def test_a_locked_file_is_done_without_and_nobody_is_told_to_delete_it(path, monkeypatch, capsys):
    monkeypatch.setattr(feature_cache, "WAIT_SECONDS", 0.01)
    FeatureCache(path).get("a", TONE, Counted(np.ones(1)))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    cache = FeatureCache(path)
    cache.get("b", TONE, Counted(np.ones(1)))
    cache.close()
    other.close()
    told = capsys.readouterr().err
    assert "another command is using it" in told
    assert "delete" not in told


def test_a_folder_that_cannot_be_made_is_said_and_done_without(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setenv("SING_CACHE", str(tmp_path / "file" / "below"))
    cache = open_feature_cache()
    assert cache.get("a", TONE, Counted(np.array([2.0]))) == [2.0]
    cache.close()
    assert "not used as a cache" in capsys.readouterr().err
