"""Raters from Amazon Mechanical Turk, by its ExternalQuestion protocol.

Amazon shows the study in a frame, adds hitId, assignmentId, workerId and turkSubmitTo to its
address, and gets the end as a form that is posted to {turkSubmitTo}/mturk/externalSubmit. Whoever
only looks has the assignment ASSIGNMENT_ID_NOT_AVAILABLE and cannot begin. Amazon closed the
service on 2026-09-30; the protocol stays because the paper's studies used it, and others speak it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from listening_app.crowd import Arrival, Ending
from listening_app.store.records import Outcome

PREVIEW = "ASSIGNMENT_ID_NOT_AVAILABLE"

SUBMIT_HOSTS = ("www.mturk.com", "workersandbox.mturk.com")
"""The only hosts that a form is posted to: turkSubmitTo comes with the rater's own link."""

FRAME_HOSTS = (*SUBMIT_HOSTS, "worker.mturk.com")

SCHEMA = (
    "http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/"
    "ExternalQuestion.xsd"
)

FRAME_PIXELS = 800

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def submit_address(turk_submit_to: str) -> str | None:
    """Where the end is posted to; None unless it is one of Amazon's own hosts."""
    try:
        parts = urlsplit(turk_submit_to)
    except ValueError:
        return None
    # The whole authority is compared: a user name or a port before or behind the host is no host.
    if parts.scheme != "https" or parts.netloc not in SUBMIT_HOSTS or parts.path not in ("", "/"):
        return None
    return f"https://{parts.netloc}/mturk/externalSubmit"


def external_question(address: str, frame_pixels: int = FRAME_PIXELS) -> str:
    """The question as XML, by which a HIT shows the study in a frame of that height."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<ExternalQuestion xmlns="{SCHEMA}">\n'
        f"  <ExternalURL>{escape(address)}</ExternalURL>\n"
        f"  <FrameHeight>{frame_pixels}</FrameHeight>\n"
        "</ExternalQuestion>\n"
    )


class MechanicalTurk:
    """Workers who accepted a HIT, and the form by which they submit it."""

    name = "mturk"
    frame_ancestors = tuple(f"https://{host}" for host in FRAME_HOSTS)
    form_targets = tuple(f"https://{host}" for host in SUBMIT_HOSTS)

    def arrive(self, parameters: Mapping[str, str]) -> Arrival | None:
        """The worker of workerId; a preview has no worker. None for an address of nobody."""
        assignment = parameters.get("assignmentId", "")
        if assignment == PREVIEW:
            return Arrival("preview", is_preview=True)
        ids = {name: parameters.get(name, "") for name in ("assignmentId", "hitId", "workerId")}
        if any(_ID.fullmatch(text) is None for text in ids.values()):
            return None
        target = parameters.get("turkSubmitTo", "")
        if submit_address(target) is None:
            return None
        identity = ids.pop("workerId")
        return Arrival(identity, {**ids, "turkSubmitTo": target})

    def ending(self, outcome: Outcome, code: str | None, details: Mapping[str, str]) -> Ending:
        """The form of who finished; others return the HIT themselves, as Amazon has it."""
        address = submit_address(details.get("turkSubmitTo", ""))
        if outcome != "complete" or not code or address is None:
            return Ending()
        return Ending(address, {"assignmentId": details.get("assignmentId", ""), "code": code})
