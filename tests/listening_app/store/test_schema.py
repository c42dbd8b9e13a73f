import pytest
import small_study as small
from sqlalchemy import text

from listening_app.store import Store
from sing.errors import SingError


def change(store, statement):
    store.database.write(lambda connection: connection.execute(text(statement)))


def refusal(open_store, study):
    with pytest.raises(SingError) as error:
        open_store(study)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_database_of_another_version_is_refused(open_store, study):
    change(open_store(study), "UPDATE study SET schema_version = 7")
    assert "tables of version 7" in refusal(open_store, study)


def test_a_database_of_another_build_is_refused(open_store, study):
    open_store(study)
    other = small.make_study(study.folder, "ab")
    assert "another build" in refusal(open_store, other)


def test_a_database_of_another_study_is_refused(open_store, study):
    open_store(study)
    assert "study 'small'" in refusal(open_store, small.make_study(study.folder, name="big"))


def test_the_tables_of_another_program_are_refused_and_left_alone(open_store, study):
    store = open_store(study)
    for table in ("trial_answers", "question_answers", "recruits", "sheets", "study"):
        change(store, f"DROP TABLE {table}")
    assert "another program" in refusal(open_store, study)


def test_another_secret_is_refused(open_store, study):
    open_store(study)
    (study.folder / "secret.key").write_text("00" * 32)
    assert "not the secret" in refusal(open_store, study)


def test_a_lost_secret_is_not_replaced_when_there_are_answers(study, clock):
    Store(study, None, clock).close()
    (study.folder / "secret.key").unlink()
    with pytest.raises(SingError, match="secret is missing"):
        Store(study, None, clock)
    assert not (study.folder / "secret.key").exists()


def test_commands_that_only_look_make_no_database(study, clock):
    with pytest.raises(SingError, match="no answers yet"):
        Store(study, None, clock, create=False)
    assert list(study.folder.iterdir()) == []


def test_commands_that_only_look_make_no_tables(open_store, study, database_url):
    if database_url is None:
        (study.folder / "study.db").touch()
    (study.folder / "secret.key").write_text("00" * 32)
    with pytest.raises(SingError, match="no study in it yet"):
        open_store(study, create=False)
    assert open_store(study).counts().answers == 0
