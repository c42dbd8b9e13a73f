"""Bonuses that the experimenter lists in a file: participant,amount."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

from listening_app.crowd.recruiting import Bonus
from listening_app.store import Recruit
from listening_app.store.codes import participant_hash
from sing import files
from sing.errors import SingError

COLUMNS = ("participant", "amount")
MOST = Decimal(1_000)
"""A bonus above is taken for a slip (cents instead of units, say)."""


def read_bonuses(path: Path, secret: bytes, finished: Sequence[Recruit]) -> list[Bonus]:
    """The bonuses in a file, whose participants are hashes (as in all tables) or identities.

    Raises SingError for somebody who did not finish, who is listed twice, and for an odd amount.
    """
    known = {recruit.identity: recruit for recruit in finished}
    known |= {
        participant_hash(secret, recruit.platform, recruit.identity): recruit
        for recruit in finished
    }
    bonuses: dict[str, Bonus] = {}
    for line, row in enumerate(files.read_csv(path, COLUMNS), start=2):
        where = f"{path}: line {line}"
        recruit = known.get(row["participant"])
        if recruit is None:
            raise SingError(
                f"{where}: '{row['participant']}' did not finish, or the identity is deleted; "
                "remove the line"
            )
        if recruit.session in bonuses:
            raise SingError(f"{where}: '{row['participant']}' is there twice; remove one line")
        bonuses[recruit.session] = Bonus(
            recruit.session, recruit.identity, _amount(row["amount"], where)
        )
    return list(bonuses.values())


def _amount(text: str, where: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 < amount <= MOST or amount != round(amount, 2):
        raise SingError(f"{where}: amount '{text}'; give a number such as 1.50, up to {MOST}")
    return amount
