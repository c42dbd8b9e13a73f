import hashlib

import pytest

from listening_app.store.rules import locked_rules, matches
from sing.errors import SingError

RULES = b'name = "own"\n[correlation]\nat_least = 0.25\n'


@pytest.fixture
def rules(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_bytes(RULES)
    return path


def test_rules_are_locked_by_the_hash_of_their_bytes_and_the_time(store, rules, clock):
    assert store.database.read(locked_rules) is None
    locked = store.lock_rules(rules)
    assert locked.sha256 == hashlib.sha256(RULES).hexdigest()
    assert locked.file == "rules.toml"
    clock.now += 1000
    assert store.lock_rules(rules) == locked
    assert store.database.read(locked_rules) == locked
    assert matches(locked, rules)


def test_locked_rules_stay_as_they_are(store, rules):
    locked = store.lock_rules(rules)
    rules.write_bytes(RULES.replace(b"0.25", b"0.1"))
    assert not matches(locked, rules)
    with pytest.raises(SingError, match="other rules were locked"):
        store.lock_rules(rules)
    assert store.database.read(locked_rules) == locked


def test_a_missing_file_locks_nothing(store, tmp_path):
    with pytest.raises(SingError, match="no such file"):
        store.lock_rules(tmp_path / "rules.toml")
    assert store.database.read(locked_rules) is None


@pytest.mark.parametrize(
    "text", ["participant,score\na,1\n", 'name = "study"\ntitle = "Notes"\n', "[speed]\nfast = 1\n"]
)
def test_a_file_without_rules_is_not_locked_for_good(store, rules, text):
    rules.write_text(text)
    with pytest.raises(SingError, match=f"^{rules}: "):
        store.lock_rules(rules)
    assert store.database.read(locked_rules) is None


def test_an_export_before_the_lock_is_remembered(store, rules, clock):
    store.note_unlocked_export()
    clock.now += 1000
    store.note_unlocked_export()
    assert store.lock_rules(rules).exported_at == "2027-01-15T08:00:00.000Z"
