"""Receipts of exchanges, of goods without a receipt, for gifts, in training; and what is said of people on them."""

from dataclasses import replace
from typing import Any

import pytest

from agent import basket, checkout, exchanging
from agent.basket import Product
from agent.gift_receipt import gift_document
from agent.pricing import price
from agent.receipt import receipt_document
from agent.refund import Want
from agent.sale import Exemption, Sale
from agent.unreceipted import plan_without_receipt
from drivers.printer.document import Barcode, Document
from tests.till.test_receipt import AMERICAN, GERMAN, RULES, placed, printed

WIDTHS = (32, 42, 48)
MUG, TEA = Product("m", "Becher", 1250, "s"), Product("t", "Tee", 320, "r")


def rung(*products: Product) -> Sale:
    sale = basket.new_sale(RULES, id="sale-1", till="till-1", opened_at="2026-11-20T14:05:33+01:00")
    for product in products:
        sale = basket.add_product(sale, RULES, product)
    return sale


def sold(*products: Product) -> dict[str, Any]:
    sale = rung(*products)
    paid = checkout.add_tender(sale, RULES, type="cash", amount=price(sale, RULES).total)
    return placed(checkout.complete(paid, RULES), "T1-000001")


def exchanged(*products: Product, back: Product, tender: str = "cash") -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the records of a sale and of the refund it was exchanged for."""
    original = sold(back)
    sale = exchanging.take_back(rung(*products), RULES, original, [], Want(tender, reason="zu groß"))
    priced = price(sale, RULES)
    fields = exchanging.refund_fields(sale, priced.credited, original, [], RULES)
    refund = placed(fields, "T1-000002") | {"id": "refund-1"}
    due = priced.settlement.due
    paid = checkout.add_tender(sale, RULES, type="card", amount=due, reference="Beleg 7") if due else sale
    return placed(exchanging.sale_fields(checkout.complete(paid, RULES), refund, priced.credited), "T1-000003"), refund


def test_an_exchange_shows_both_on_one_paper() -> None:
    sale, refund = exchanged(MUG, back=TEA)
    document = receipt_document(sale, GERMAN, copy=False, back=refund, cashier="Anna", anchor="ABCD")
    assert printed(document, 32) == [
        "            Eckladen",
        "         Hauptstraße 1",
        "            UMTAUSCH",
        "Zu Bon                 T1-000001",
        "Grund: zu groß",
        "Erstattung Nr.         T1-000002",
        "Bon                    T1-000003",
        "Kasse till-1    20.11.2026 14:05",
        "Es bediente                 Anna",
        "--------------------------------",
        "Zurückgenommen",
        "Tee                        -3,20",
        "MwSt 7% (netto -2,99)      -0,21",
        "Gutschrift                 -3,20",
        "--------------------------------",
        "Becher                     12,50",
        "--------------------------------",
        "Summe    12,50 €",
        "Gutschrift                  3,20",
        "  T1-000002",
        "Karte                       9,30",
        "  an eigenem Terminal",
        "  Beleg 7",
        "--------------------------------",
        "MwSt 19 % (netto 10,50)     2,00",
        "          Vielen Dank!",
        "Journal                     ABCD",
    ]


def test_cheaper_goods_in_exchange_say_what_was_given_out() -> None:
    sale, refund = exchanged(TEA, back=MUG)
    lines = printed(receipt_document(sale, GERMAN, copy=True, back=refund), 32)
    assert "Ausgezahlt (Bar)            9,30" in lines
    assert (lines[0], lines[-1]) == ("* KOPIE (COPY) *",) * 2
    assert sum(tender["amount"] for tender in refund["tenders"]) == 1250


def test_a_refund_without_a_receipt_says_so() -> None:
    fields = plan_without_receipt(rung(MUG, TEA), Want("cash", reason="Geschenk"), RULES, amount_max=None)
    refund = placed(fields, "T1-000008") | {"id": "refund-1"}
    lines = printed(receipt_document(refund, GERMAN, copy=False), 32)
    assert lines[2:7] == [
        "           ERSTATTUNG",
        "Ohne Bon",
        "Grund: Geschenk",
        "Bon                    T1-000008",
        "Kasse till-1    20.11.2026 14:05",
    ]


def test_a_gift_receipt_says_what_and_never_what_for() -> None:
    document = gift_document(sold(MUG, TEA), GERMAN, copy=False)
    lines = printed(document, 32)
    assert lines[2:] == [
        "          GESCHENKBON",
        "Bon                    T1-000001",
        "Kasse till-1    20.11.2026 14:05",
        "--------------------------------",
        "Becher                         1",
        "Tee                            1",
        "--------------------------------",
        " Zum Umtausch bitte mitbringen.",
        "          Vielen Dank!",
    ]
    assert not [line for line in lines if "," in line]
    assert [item.data for item in document.items if isinstance(item, Barcode)] == ["T1-000001"]


def test_training_says_so_above_in_the_middle_and_below() -> None:
    lines = printed(receipt_document(sold(MUG) | {"training": True}, AMERICAN, copy=False), 42)
    marks = [at for at, line in enumerate(lines) if "TRAINING" in line]
    assert len(marks) == 3
    assert (marks[0], marks[-1]) == (0, len(lines) - 2)
    assert lines[-1].strip() == "No sale, no receipt"
    (line,) = [at for at, line in enumerate(lines) if line.startswith("Becher")]
    (total,) = [at for at, line in enumerate(lines) if line.startswith("Total")]
    assert line < marks[1] < total


def test_people_notes_tips_and_exemptions_have_their_place() -> None:
    sale = rung(MUG, TEA)
    sale = replace(sale, exemption=Exemption("Botschaft", "D 4711"))
    priced = price(sale, RULES)
    paid = checkout.add_tender(sale, RULES, type="card", amount=priced.total, tip=100)
    record = placed(checkout.complete(paid, RULES))
    record |= {
        "offline": True,
        "customer": {"id": "1", "name": "Frau Meyer", "number": "K-17"},
        "note": {"text": "Abholung Freitag", "printed": True},
    }
    record["lines"][0] |= {"note": {"text": "als Geschenk", "printed": True}}
    record["lines"][1] |= {"note": {"text": "intern", "printed": False}}
    lines = printed(receipt_document(record, GERMAN, copy=False, cashier="Anna"), 32)
    for wanted in (
        "Offline erstellt",
        "Es bediente                 Anna",
        "Kunde                 Frau Meyer",
        "  K-17",
        "Abholung Freitag",
        "  als Geschenk",
        "Steuerfrei: Botschaft",
        "  D 4711",
        "  Trinkgeld                 1,00",
    ):
        assert wanted in lines
    assert not [line for line in lines if "intern" in line]
    (relief,) = [line for line in lines if line.startswith("Steuer entfällt")]
    assert relief.endswith(f"-{(1250 + 320 - priced.total) / 100:.2f}".replace(".", ","))


@pytest.mark.parametrize("columns", WIDTHS)
def test_every_kind_fits_every_paper(columns: int) -> None:
    sale, refund = exchanged(
        MUG, TEA, back=Product("x", "Ein sehr langer Name für ein kleines Ding, das zurückkommt", 99)
    )
    documents: list[Document] = [
        receipt_document(sale, GERMAN, copy=True, back=refund, cashier="Anna-Maria von der Heide zu Oberwallenstein"),
        receipt_document(sale | {"training": True}, GERMAN, copy=False, back=refund),
        gift_document(sale, GERMAN, copy=True),
    ]
    for document in documents:
        assert printed(document, columns)  # which holds each line against the paper's width
