"""Why the service cannot be put there, taken away or looked at."""

from __future__ import annotations


class ServiceRefused(Exception):
    """The operating system, or a record that waits, is against it; `hint` is the next step."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint
