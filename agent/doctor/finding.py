"""What one check found, as a value: how it stands, what was seen, and the next step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


class State(StrEnum):
    """How one thing stands. What could not be looked at is `NOT_KNOWN`, never `OK`."""

    OK = "ok"
    WARNING = "warning"  # it works, and somebody should see to it
    FAILED = "failed"
    NOT_KNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's line. `next` is the step to take; None only where all is well."""

    check: str
    state: State
    said: str
    next: str | None = None


def ok(check: str, said: str) -> Finding:
    """Return that all is well."""
    return Finding(check, State.OK, said)


def warning(check: str, said: str, next_step: str) -> Finding:
    """Return that it works, and that somebody should see to it."""
    return Finding(check, State.WARNING, said, next_step)


def failed(check: str, said: str, next_step: str) -> Finding:
    """Return that it does not work, or that a promise does not hold."""
    return Finding(check, State.FAILED, said, next_step)


def not_known(check: str, said: str, next_step: str) -> Finding:
    """Return that it could not be looked at."""
    return Finding(check, State.NOT_KNOWN, said, next_step)


def answer(findings: Iterable[Finding]) -> dict[str, Any]:
    """Return findings as JSON values; `ok`: none failed."""
    checks = [
        {"check": finding.check, "state": str(finding.state), "said": finding.said, "next": finding.next}
        for finding in findings
    ]
    return {"ok": all(check["state"] != "failed" for check in checks), "checks": checks}
