"""The contracts of the tables that listening studies and their analysis write.

They stand here, below both, because the app writes the first four and the analysis reads them,
and neither imports the other. Ratings collected elsewhere may lack every optional column.
"""

from __future__ import annotations

from eval_suite.contracts import Column, Contract, share, value

KINDS = ("main", "control", "practice")


def _text(name: str, meaning: str, *choices: str) -> Column:
    return Column(name, "text", meaning, choices=choices)


def _optional(name: str, meaning: str, *choices: str) -> Column:
    return Column(name, "text", meaning, is_required=False, may_be_empty=True, choices=choices)


def _number(name: str, meaning: str, minimum: float = 0) -> Column:
    return Column(name, "number", meaning, minimum=minimum)


def _optional_number(name: str, meaning: str, minimum: float = 0) -> Column:
    return Column(name, "number", meaning, is_required=False, may_be_empty=True, minimum=minimum)


_PARTICIPANT = _text("participant", "keyed hash of the rater's identity")
_STUDY = _optional("study", "the study's name")
_SESSION = _optional("session", "one rater's pass through one sheet")
_POSITION = _optional_number("position", "place of the trial in the session, from 1", 1)
_KIND = _optional("kind", "main unless it says otherwise; only main trials are results", *KINDS)
_NOTE = Column("note", "note", "the note that was heard")
_LISTENING = (
    _optional("device", "what the rater says they listen with: headphones, speakers, ..."),
    _optional_number("antiphase_hits", "of 6 trials of the antiphase headphone test"),
    _optional_number("huggins_hits", "of 6 trials of the Huggins pitch headphone test"),
    _optional_number("plays", "times that playing was started"),
    _optional_number("listened_seconds", "length of the union of what was really played"),
    _optional_number("seconds", "from the trial's showing to its answer"),
    _optional("submitted_at", "UTC, ISO 8601"),
)

RATINGS = Contract(
    "ratings",
    (
        _STUDY,
        _optional("test", "mos, mushra, ..."),
        _SESSION,
        _POSITION,
        _text("system", "what turned the note into a waveform"),
        _PARTICIPANT,
        _KIND,
        _NOTE,
        _number("score", "the rating, from scale_min to scale_max", float("-inf")),
        _optional_number("scale_min", "lowest score of the scale", float("-inf")),
        _optional_number("scale_max", "highest score of the scale", float("-inf")),
        _optional_number("expected", "the right score of a control", float("-inf")),
        *_LISTENING,
    ),
    ("session", "position", "system"),
)

CHOICES = Contract(
    "choices",
    (
        _STUDY,
        _optional("test", "preference, abx, ab, cmos"),
        _SESSION,
        _POSITION,
        _PARTICIPANT,
        _KIND,
        _NOTE,
        _optional("reference", "the system heard as reference (X); empty where there is none"),
        _text("a", "the system heard as A"),
        _text("b", "the system heard as B"),
        _text("choice", "the chosen system's name"),
        _optional("expected", "the system that is right, of classic ABX and of controls"),
        _optional_number("score", "how much better B is, of CMOS", float("-inf")),
        *_LISTENING,
    ),
    ("session", "position"),
)

SESSIONS = Contract(
    "sessions",
    (
        _text("study", "the study's name"),
        _text("session", "one rater's pass through one sheet"),
        _PARTICIPANT,
        _text("platform", "local, prolific or mturk"),
        _text("sheet", "which sheet of trials"),
        _optional("device", "what the rater says they listen with"),
        _optional_number("antiphase_hits", "of 6 trials of the antiphase headphone test"),
        _optional_number("huggins_hits", "of 6 trials of the Huggins pitch headphone test"),
        _optional("language", "of the pages"),
        _text("started_at", "UTC, ISO 8601"),
        _optional("finished_at", "UTC, ISO 8601; empty for who left early"),
        _text("outcome", "how it ended: complete, dropped, screened_out, no_consent, active"),
    ),
    ("study", "session"),
)

ANSWERS = Contract(
    "answers",
    (
        _text("study", "the study's name"),
        _text("session", "one rater's pass through one sheet"),
        _text("question", "the question's key in study.toml"),
        Column("answer", "text", "as given", may_be_empty=True),
    ),
    ("study", "session", "question"),
)

SCREENING = Contract(
    "screening",
    (
        _PARTICIPANT,
        _number("ratings", "main trials of the rater"),
        Column(
            "correlation", "number", "with the other raters", may_be_empty=True, minimum=-1,
            maximum=1,
        ),
        Column(
            "null_quantile", "number", "what a random rater reaches", may_be_empty=True,
            minimum=-1, maximum=1,
        ),
        share("control_score", "share of controls passed"),
        _text("kept", "yes or no", "yes", "no"),
        Column("reason", "text", "why not kept", may_be_empty=True),
    ),
    ("participant",),
)  # fmt: skip

MOS = Contract(
    "mos",
    (
        _text("system", "what turned the note into a waveform"),
        _number("mos", "mean opinion score", float("-inf")),
        value("ci95", "half-width of the 95 % interval; empty where undefined", 0),
        _text("interval", "method of the interval"),
        _text("rules", "screening rules, or none"),
        _number("ratings", "scores that the mean is of"),
        _number("participants", "their raters"),
        _number("notes", "their notes"),
        value("effective_n", "independent ratings worth as much", 0),
        value("var_participant", "variance between raters", 0),
        value("var_note", "variance between notes", 0),
        value("var_residual", "variance of the rest", 0),
        _optional("reason", "why a value is missing"),
    ),
    ("system",),
)  # fmt: skip

ABX = Contract(
    "abx",
    (
        _text("a", "a system"),
        _text("b", "the system that it is compared with"),
        _number("trials", "main trials"),
        _number("prefer_a", "trials in which a was chosen"),
        _number("proportion_a", "prefer_a / trials"),
        value("ci_low", "of the two-way 95 % interval"),
        value("ci_high", "of the two-way 95 % interval"),
        _number("exact_low", "of the Clopper-Pearson 95 % interval, which ignores who and what"),
        _number("exact_high", "of the Clopper-Pearson 95 % interval"),
        _number("p_value", "binomial, two-sided, of no preference"),
        _optional("reason", "why a value is missing"),
    ),
    ("a", "b"),
)

STUDY_CONTRACTS = {
    contract.name: contract
    for contract in (RATINGS, CHOICES, SESSIONS, ANSWERS, SCREENING, MOS, ABX)
}
