import hashlib
import hmac
import re
import stat
import threading

import pytest

from listening_app.store.codes import (
    new_code,
    new_session_id,
    participant_hash,
    secret_check,
    study_secret,
)
from sing.errors import SingError


def test_codes_can_be_typed_and_none_comes_twice():
    codes = {new_code() for _ in range(2000)}
    assert len(codes) == 2000
    assert all(re.fullmatch(r"([2-9A-HJ-NP-Z]{4}-){2}[2-9A-HJ-NP-Z]{4}", code) for code in codes)


def test_session_ids_hold_96_random_bits():
    ids = {new_session_id() for _ in range(2000)}
    assert len(ids) == 2000
    assert all(re.fullmatch(r"[0-9a-f]{24}", each) for each in ids)


def test_a_participant_is_the_keyed_hash_of_platform_and_identity():
    expected = hmac.new(b"k" * 32, b"8:prolific:5f0c", hashlib.sha256).hexdigest()[:20]
    assert participant_hash(b"k" * 32, "prolific", "5f0c") == expected


def test_other_keys_platforms_and_borders_give_other_participants():
    hashes = {
        participant_hash(b"k" * 32, "prolific", "5f0c"),
        participant_hash(b"q" * 32, "prolific", "5f0c"),
        participant_hash(b"k" * 32, "mturk", "5f0c"),
        participant_hash(b"k" * 32, "prolific5", "f0c"),
        participant_hash(b"k" * 32, "", "prolific5f0c"),
        participant_hash(b"k" * 32, "8:prolific", "5f0c"),
    }
    assert len(hashes) == 6


def test_the_secret_is_made_once_for_its_owner_only(tmp_path):
    secret = study_secret(tmp_path)
    assert len(secret) == 32
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
    assert study_secret(tmp_path) == secret
    assert secret_check(secret) != secret_check(b"k" * 32)
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_servers_that_start_together_make_one_secret(tmp_path):
    barrier = threading.Barrier(16)
    secrets = []

    def start():
        barrier.wait()
        secrets.append(study_secret(tmp_path))

    threads = [threading.Thread(target=start) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(secrets) == 16
    assert len(set(secrets)) == 1


@pytest.mark.parametrize("text", ["", "00", "secret", "zz" * 32, "é"])
def test_a_damaged_secret_is_said(tmp_path, text):
    (tmp_path / "secret.key").write_text(text)
    with pytest.raises(SingError, match="not a study's secret; restore"):
        study_secret(tmp_path)
