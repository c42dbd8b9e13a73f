"""Making a study's database, and making sure that an existing one belongs to the study."""

from __future__ import annotations

from sqlalchemy import Connection, insert, inspect, select, text

from listening_app.store.codes import secret_check
from listening_app.store.models import METADATA, SCHEMA_VERSION, SHEETS, STUDY
from listening_app.store.plan import Plan
from listening_app.store.records import utc
from sing.errors import SingError

_LOCK = 0x51_6E_67  # any number: two servers that start together make the tables one by one


def prepare(
    connection: Connection, plan: Plan, secret: bytes, now: float, where: str, create: bool
) -> None:
    """Make the tables if there are none, and check whose they are.

    Raises SingError when the database is another program's, another version's, another study's,
    or was made with another secret.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    found = set(inspect(connection).get_table_names()) & set(METADATA.tables)
    if not found:
        if not create:
            raise SingError(
                f"{where}: no study in it yet; sing-eval study serve makes it, so check "
                "--database-url"
            )
        METADATA.create_all(connection)
        _fill(connection, plan, secret, now)
    _check(connection, plan, secret, found, where)


def _fill(connection: Connection, plan: Plan, secret: bytes, now: float) -> None:
    connection.execute(
        insert(STUDY).values(
            id=1,
            schema_version=SCHEMA_VERSION,
            name=plan.study.settings.name,
            fingerprint=plan.study.fingerprint,
            secret_check=secret_check(secret),
            created_at=utc(now),
            is_synthetic=False,
            lease_clock=0.0,
            observed_at=now,
        )
    )
    sheets = [{"sheet": sheet, "completions": 0} for sheet in plan.items]
    connection.execute(insert(SHEETS), sheets)


def _check(connection: Connection, plan: Plan, secret: bytes, found: set[str], where: str) -> None:
    is_there = not found or "study" in found
    columns = inspect(connection).get_columns("study") if is_there else []
    if all(column["name"] != "schema_version" for column in columns):
        raise SingError(f"{where}: the tables of another program; choose an empty database")
    version = connection.execute(select(STUDY.c.schema_version)).scalar_one_or_none()
    if version != SCHEMA_VERSION:
        raise SingError(
            f"{where}: tables of version {version}, this program has {SCHEMA_VERSION}; use the "
            "version of sing-eval that began the study"
        )
    row = connection.execute(select(STUDY)).one()
    if row.name != plan.study.settings.name:
        raise SingError(
            f"{where}: belongs to the study '{row.name}', not to '{plan.study.settings.name}'; "
            "one database holds one study"
        )
    if row.fingerprint != plan.study.fingerprint:
        raise SingError(
            f"{where}: belongs to another build of {plan.study.folder}; restore the build that "
            "raters heard, or begin with an empty database"
        )
    if row.secret_check != secret_check(secret):
        raise SingError(
            f"{plan.study.folder / 'secret.key'}: not the secret that {where} was made with; "
            "restore the file"
        )
