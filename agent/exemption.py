"""Customers who pay no tax: diplomats, resellers, charities. Why, and by which certificate, stays on the record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agent import entry
from agent.basket import REASON_CHARS_MAX, checked, must_be_open
from agent.sale import Exemption

if TYPE_CHECKING:
    from agent.pricing import Rules
    from agent.sale import Sale

CERTIFICATE_CHARS_MAX = 60  # a line of the receipt; the longest number of a VAT id is 14


def exempt(sale: Sale, rules: Rules, *, reason: str, certificate: str | None = None) -> Sale:
    """Take every tax off the sale: those in its prices come off them, those on top are not added."""
    must_be_open(sale)
    exemption = Exemption(
        reason=entry.text("reason", reason, chars_max=REASON_CHARS_MAX),
        certificate=entry.text_or_none("certificate", certificate, chars_max=CERTIFICATE_CHARS_MAX),
    )
    return checked(replace(sale, exemption=exemption), rules)


def end_exemption(sale: Sale, rules: Rules) -> Sale:
    """Tax the sale like any other."""
    must_be_open(sale)
    return checked(replace(sale, exemption=None), rules)
