"""Rule sets: TOML files that say which raters count. What a study locks is a file's hash.

The hash is the SHA-256 of the file's bytes, in hexadecimal: `sha256sum rules.toml` prints it. Any
change counts, a comment's too, and nothing needs this package to compute it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sing import files
from sing.errors import SingError, suggestion
from sing.validation import validated

FOLDER = Path(__file__).resolve().parents[1] / "rules"

Share = Annotated[float, Field(ge=0, le=1)]
Correlation = Annotated[float, Field(ge=-1, le=1)]
Names = Annotated[tuple[str, ...], Field(min_length=1, strict=False)]


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class PermutationRule(_Rule):
    """Correlation with the others above what the rater's own scores reach in random order."""

    false_pass_rate: Annotated[float, Field(gt=0, lt=1)] = 0.05
    permutations: Annotated[int, Field(ge=19, le=100_000)] = 1000

    @model_validator(mode="after")
    def _can_be_reached(self) -> PermutationRule:
        if self.false_pass_rate * (self.permutations + 1) < 1:
            raise ValueError(
                f"{self.permutations} permutations cannot show a false_pass_rate of "
                f"{self.false_pass_rate:g}; take at least {1 / self.false_pass_rate:.0f}"
            )
        return self


class CrowdmosRule(_Rule):
    """Two passes of correlation with the means per system (Ribeiro et al. 2011)."""

    first_pass: Correlation = 0.25
    second_pass: Correlation = 0.7
    fewest_sessions: Annotated[int, Field(ge=1)] = 1
    leave_one_out: bool = False


class ControlsRule(_Rule):
    """Questions with a known answer: gold within a tolerance, traps exactly."""

    gold_tolerance: Annotated[float, Field(ge=0)] = 1.0
    fewest_gold: Share = 0.5
    trap_systems: Names = ("trap",)
    fewest_traps: Share = 1.0


class VarianceRule(_Rule):
    """The variance of a rater's scores, which is near 0 for who always answers the same."""

    smallest: Annotated[float, Field(ge=0)] = 0.1


class OutliersRule(_Rule):
    """The share of a rater's scores that are far from their stimulus's mean."""

    z: Annotated[float, Field(gt=0)] = 3.29
    largest_share: Share = 0.05


class KurtosisRule(_Rule):
    """BT.500's post-screening: scores far from the mean on both sides."""

    largest_share: Share = 0.05
    largest_imbalance: Share = 0.3


class HiddenReferenceRule(_Rule):
    """BS.1534's post-screening: the hidden reference must be found excellent."""

    lowest: Annotated[float, Field(ge=0, le=100)] = 90.0
    largest_share: Share = 0.15


class HeadphonesRule(_Rule):
    """What the rater says they wear, and two tests; `tests` says which of those taken count."""

    devices: Names = ("headphones",)
    antiphase_hits: Annotated[int, Field(ge=0, le=6)] = 5
    huggins_hits: Annotated[int, Field(ge=0, le=6)] = 6
    tests: Literal["any", "all", "none"] = "any"


class SpeedRule(_Rule):
    """The rater's median seconds a stimulus, against the stimulus's length."""

    stimulus_seconds: Annotated[float, Field(gt=0)] = 4.0
    shortest_share: Annotated[float, Field(gt=0)] = 0.9


class PositionRule(_Rule):
    """Choices of one place, A or B, wherever the systems stood; for choices only."""

    largest_share: Annotated[float, Field(ge=0.5, le=1)] = 0.9
    false_alarm_rate: Annotated[float, Field(gt=0, lt=1)] = 0.01


class RuleSet(_Rule):
    """The rules of a file; a rater is kept who passes all that are there."""

    name: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    summary: str = ""
    headphones: HeadphonesRule | None = None
    speed: SpeedRule | None = None
    controls: ControlsRule | None = None
    variance: VarianceRule | None = None
    outliers: OutliersRule | None = None
    kurtosis: KurtosisRule | None = None
    hidden_reference: HiddenReferenceRule | None = None
    crowdmos: CrowdmosRule | None = None
    permutation: PermutationRule | None = None
    position: PositionRule | None = None

    @property
    def given(self) -> tuple[str, ...]:
        """The names of the rules that are there."""
        names = (name for name in type(self).model_fields if name not in ("name", "summary"))
        return tuple(name for name in names if getattr(self, name) is not None)

    @model_validator(mode="after")
    def _has_a_rule(self) -> RuleSet:
        if not self.given:
            raise ValueError("no rule; expected a table such as [permutation]")
        return self


@dataclass(frozen=True)
class LockedRules:
    """A rule set, its file, and the hash of the file's bytes."""

    rules: RuleSet
    path: Path
    sha256: str

    @property
    def title(self) -> str:
        """The name and the beginning of the hash, as tables show them."""
        return f"{self.rules.name} ({self.sha256[:12]})"


def shipped() -> list[str]:
    """The names of the rule sets that come with the package, `default` first."""
    names = sorted(path.stem for path in FOLDER.glob("*.toml"))
    return ["default", *(name for name in names if name != "default")]


def rules_path(path_or_name: str | Path) -> Path:
    """The file of a shipped rule set, or the path itself.

    Raises SingError when it is neither a shipped name nor an existing .toml file.
    """
    name = str(path_or_name)
    if name in shipped():
        return FOLDER / f"{name}.toml"
    path = Path(path_or_name)
    if path.suffix != ".toml":
        raise SingError(f"{name}: no such rules; {suggestion(name, shipped())} or a .toml file")
    if not path.is_file():
        raise SingError(f"{path}: there is no such file; check the path")
    return path


def read_rules(path_or_name: str | Path) -> LockedRules:
    """Read and check a rule set. Raises SingError naming the file and the first key at fault."""
    path = rules_path(path_or_name)
    rules = validated(RuleSet, files.read_toml(path), str(path))
    return LockedRules(rules, path, files.sha256(path))
