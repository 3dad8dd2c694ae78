"""Why there is no newer version yet, each with the next step. None of them is a reason to stop selling.

UpdateRefused       has `.hint`: the next step
├── NotTrusted      what was found is not signed as it has to be, or is older than what was seen before
├── Expired         it was good once; or this PC's clock is wrong
├── SourceGone      the folder, the stick or the server does not answer
├── NoRoom          the disk has too little room for it beside what is there
├── NotFit          it is not for this PC, not newer, or was left before
├── TrialFailed     it does not do with a copy of this store's own state
├── NotNow          somebody is at a till
└── Worked          another process is at it
"""

from __future__ import annotations

import os


def by_administrator(command: str) -> str:
    """Return how somebody who may do it has a command done on this system: a next step."""
    return f"as an administrator: {command}" if os.name == "nt" else f"sudo {command}"


class UpdateRefused(Exception):
    """An update does not go on; `hint` is the next step."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class NotTrusted(UpdateRefused):
    """A signature, a number or a sum is wrong. What was fetched is not used."""


class Expired(UpdateRefused):
    """Signed, and its time is over by this PC's clock."""


class SourceGone(UpdateRefused):
    """It cannot be read, or not to its end."""


class NoRoom(UpdateRefused):
    """The disk is full, or would be."""


class NotFit(UpdateRefused):
    """It is not for this PC, or not wanted on it."""


class TrialFailed(UpdateRefused):
    """A version did not sell on a copy of the store's own state."""


class NotNow(UpdateRefused):
    """A sale, a card payment or a print is under way."""


class Worked(UpdateRefused):
    """Another process works on an update."""


_NO_VERDICT = {kind.__name__: kind for kind in (UpdateRefused, NoRoom, NotFit)}


def by_name(kind: object, message: str, hint: str) -> UpdateRefused:
    """Return what a version under trial has ended with; where its `kind` excuses nothing, the trial has failed."""
    return _NO_VERDICT.get(str(kind), TrialFailed)(message, hint)
