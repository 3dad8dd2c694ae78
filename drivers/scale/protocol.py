"""The languages of scales by name, as a configuration has them: what speaks them is in talk.py."""

from __future__ import annotations

from enum import StrEnum


class ScaleProtocol(StrEnum):
    """The languages of scales."""

    TOLEDO_8217 = "toledo_8217"
    NCI = "nci"
    CAS = "cas"
