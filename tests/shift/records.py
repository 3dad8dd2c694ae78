"""Records of a till's day, as the till writes them, from whatever numbers a test draws."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from outbox.record import Kind

CASHIERS = ({"id": "anna", "name": "Anna"}, {"id": "ben", "name": "Ben"}, None)
amounts = st.integers(0, 10_000)


def _named(body: dict[str, Any], cashier: dict[str, str] | None) -> dict[str, Any]:
    return body if cashier is None else body | {"cashier": cashier}


@st.composite
def traded(draw: st.DrawFn) -> tuple[Kind, dict[str, Any]]:
    """A sale or a refund whose sums need not fit together: what is added up is what is written."""
    kind = draw(st.sampled_from((Kind.SALE, Kind.REFUND)))
    tenders = draw(
        st.lists(
            st.fixed_dictionaries(
                {"type": st.sampled_from(("cash", "card", "exchange")), "amount": amounts},
                optional={"tip": st.integers(0, 500)},
            ),
            max_size=3,
        )
    )
    taxes = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "code": st.sampled_from(("standard", "reduced")),
                    "name": st.just("VAT"),
                    "rate": st.sampled_from(("19", "7")),
                    "base": amounts,
                    "amount": amounts,
                }
            ),
            max_size=3,
        )
    )
    lines = draw(
        st.lists(
            st.fixed_dictionaries(
                {"net": amounts, "discount": st.integers(0, 50), "sale_discount": st.integers(0, 50)},
                optional={"category": st.sampled_from(("Fruit", "Ünlü", None))},
            ),
            max_size=4,
        )
    )
    body = {"total": draw(amounts), "rounding": draw(st.integers(-2, 2)), "tenders": tenders, "taxes": taxes}
    body |= {"lines": lines} | ({"change": draw(st.integers(0, 500))} if kind is Kind.SALE else {})
    return kind, _named(body, draw(st.sampled_from(CASHIERS)))


@st.composite
def other(draw: st.DrawFn) -> tuple[Kind, dict[str, Any]]:
    """What else happens at a till."""
    kind = draw(st.sampled_from((Kind.VOID, Kind.DRAWER, Kind.CASH)))
    body: dict[str, Any] = {"total": draw(amounts)}
    if kind is Kind.DRAWER:
        body = {"drawer": "d", "reason": "change", "for": draw(st.sampled_from((None, "TILL-1-000001")))}
    if kind is Kind.CASH:
        body = {"direction": draw(st.sampled_from(("in", "out", "drop"))), "amount": draw(amounts), "reason": "r"}
    return kind, _named(body, draw(st.sampled_from(CASHIERS)))


events = traded() | other()
