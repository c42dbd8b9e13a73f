"""What raters are asked unless study.toml words it otherwise, test by test (in English)."""

from __future__ import annotations

from typing import Any, Literal, get_args

Test = Literal["mos", "preference", "abx", "ab", "cmos", "mushra"]
"""The kinds of test. `preference` is what the paper calls ABX; `abx` is the classic one."""

TESTS: tuple[Test, ...] = get_args(Test)

TASKS: dict[Test, str] = {
    "mos": "Listen to the note. How good does it sound to you?",
    "preference": "Listen to the reference X, then to A and B. Which of the two is closer to X?",
    "abx": "Listen to A, B and X. X is the same as one of the two. Which one?",
    "ab": "Listen to A and B. Which of the two sounds better to you?",
    "cmos": "Listen to A, then to B. How does B sound, compared with A?",
    "mushra": "Listen to the reference, then give each sound a score from 0 to 100: how close is "
    "it to the reference? One of them is the reference itself and deserves 100.",
}

LABELS: dict[Test, tuple[str, ...]] = {
    # The paper words the two ends (Section 5.3.1); decisions/0014 says where the rest is from.
    "mos": (
        "Very annoying and objectionable distortion. Totally silent audio",
        "Annoying but not objectionable distortion",
        "Perceptible and slightly annoying distortion",
        "Just perceptible but not annoying distortion",
        "Imperceptible distortion",
    ),
    "preference": (),
    "abx": (),
    "ab": (),
    # Comparison category rating of ITU-T P.800, Annex E.
    "cmos": (
        "B is much worse",
        "B is worse",
        "B is slightly worse",
        "About the same",
        "B is slightly better",
        "B is better",
        "B is much better",
    ),
    # The five intervals of ITU-R BS.1534.
    "mushra": ("Bad", "Poor", "Fair", "Good", "Excellent"),
}

_ODD_ONE = "Now and then one of the sounds is a series of beeps. Then choose the beeps."

TRAPS: dict[Test, str] = {
    "mos": "Now and then you will hear beeps instead of a note. Then count them, and give as many "
    "points as there are beeps: two beeps, two points.",
    "preference": _ODD_ONE,
    "abx": "Now and then X and one of the two are a series of beeps. Then choose the beeps.",
    "ab": _ODD_ONE,
    "cmos": "Now and then one of the sounds is a series of beeps. Then say that the beeps are "
    "much better.",
    "mushra": "Now and then one of the sounds is a series of beeps. Then give the beeps 100, and "
    "all the others 0.",
}

USUAL_QUESTIONS: tuple[dict[str, Any], ...] = (
    {
        "key": "age",
        "text": "How old are you?",
        "choices": ("18-24", "25-34", "35-44", "45-54", "55-64", "65 or older"),
    },
    {
        "key": "hearing",
        "text": "Do you have normal hearing, as far as you know?",
        "choices": ("Yes", "No", "I do not know"),
    },
    {
        "key": "music",
        "text": "How many years have you played an instrument, sung, or worked with sound?",
        "choices": ("None", "1-2", "3-9", "10 or more"),
    },
)
"""What a new study asks raters about themselves. None of it has to be answered."""
