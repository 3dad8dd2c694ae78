"""What can be done to a sale: each operation takes a sale and returns a new one, or raises a `Problem`.

The order of arguments is always `(sale, rules, ...)`. Whatever would leave more on cards than the total
is refused, since a card's money is given back on its own terminal and not from the drawer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agent import entry
from agent.about import PLAIN_LINE, AboutLine, Track
from agent.deposits import deposit_of, must_be_goods, must_lead
from agent.marks import Marks, must_be_another_piece, must_be_one
from agent.pricing import Rules, price
from agent.problem import Problem, conflict, invalid, not_found
from agent.sale import Discount, Line, Sale, State, TaxRate, Tender, TenderType, Unit
from outbox.money import AMOUNT_MAX, format_amount

if TYPE_CHECKING:
    from collections.abc import Sequence

LINES_MAX = 500  # a receipt of two metres; a longer sale is two sales
NAME_CHARS_MAX = 200  # four lines on the widest receipt
REASON_CHARS_MAX = entry.REASON_CHARS_MAX
NO_MARKS = Marks()


@dataclass(frozen=True, slots=True)
class Product:
    """What a line copies from the catalogue. `price` in minor units per unit; `tax` a code of the store's.

    `min_age` in years; `track` is what must be known of each piece. `deposit`, in minor units a piece, is charged
    beside the price, and `deposit_tax` is its own tax; None: it is untaxed.
    """

    sku: str
    name: str
    price: int
    tax: str | None = None
    unit: Unit = Unit.EACH
    min_age: int | None = None
    track: Track | None = None
    category: str | None = None
    deposit: int | None = None
    deposit_tax: str | None = None


def new_sale(rules: Rules, *, id: str, till: str, opened_at: str) -> Sale:  # noqa: A002 - the field's name
    """Return an empty sale; `opened_at` is RFC 3339 with an offset."""
    return Sale(
        id=id,
        till=till,
        currency=rules.currency,
        prices_include_tax=rules.prices_include_tax,
        opened_at=opened_at,
    )


# --- lines ---


def add_product(
    sale: Sale,
    rules: Rules,
    product: Product,
    *,
    quantity: str | None = None,
    label_price: int | None = None,
    barcode: str | None = None,
    marks: Marks = NO_MARKS,
    merge: bool = False,
) -> Sale:
    """Add a product. `quantity` may come from a scale's label (kg); with `label_price` the label's price counts.

    With `merge`, as for a scan, a piece that is on a line already at this price and with no discount of
    its own adds 1 to that line.
    """
    must_be_open(sale)
    must_be_another_piece(sale.lines, product.sku, marks.gs1)
    unit = product.unit if label_price is None else Unit.EACH  # a pack with its price on it, whatever it weighs
    if quantity is None and unit is Unit.KG:
        raise invalid(
            "weight-needed",
            f"{product.name} is sold by weight: weigh it and give the quantity in kg.",
            field="quantity",
        )
    line = Line(
        id=str(sale.lines_made + 1),
        sku=product.sku,
        name=product.name,
        quantity=entry.quantity("1" if quantity is None or label_price is not None else quantity, unit),
        unit=unit,
        price=entry.amount("price", product.price if label_price is None else label_price, sale.currency),
        tax=tax_of(rules, product.tax),
        list_price=None if label_price in {None, product.price} else product.price,
        barcode=barcode,
        gs1=dict(marks.gs1),
        expiry=marks.expiry,
        expired_reason=marks.expired_reason,
        add_on=marks.add_on,
        category=product.category,
        about=_about(sale, product),
    )
    same = _mergeable(sale, line) if merge else None
    if same is not None:
        return _with_line(sale, rules, replace(same, quantity=same.quantity + line.quantity))
    if not product.deposit:
        return with_new_lines(sale, rules, line)
    tax = None if product.deposit_tax is None else tax_of(rules, product.deposit_tax)
    return with_new_lines(sale, rules, line, deposit_of(line, product.deposit, tax))


def add_open_item(
    sale: Sale, rules: Rules, *, name: str, price: int, tax: str | None = None, quantity: str = "1"
) -> Sale:
    """Add something that is in no catalogue, by the piece."""
    must_be_open(sale)
    line = Line(
        id=str(sale.lines_made + 1),
        sku=None,
        name=entry.text("name", name, chars_max=NAME_CHARS_MAX),
        quantity=entry.quantity(quantity, Unit.EACH),
        unit=Unit.EACH,
        price=entry.amount("price", price, sale.currency),
        tax=tax_of(rules, tax),
    )
    return with_new_lines(sale, rules, line)


def change_quantity(sale: Sale, rules: Rules, line_id: str, quantity: str) -> Sale:
    """Set a line's quantity, and that of its deposit."""
    must_be_open(sale)
    line = line_of(sale, line_id)
    must_be_one(line)
    must_lead(line)
    return _with_line(sale, rules, replace(line, quantity=entry.quantity(quantity, line.unit)))


def override_price(sale: Sale, rules: Rules, line_id: str, price: int, reason: str) -> Sale:
    """Set a line's price per unit, for a reason; the list price is kept beside it."""
    must_be_open(sale)
    line = line_of(sale, line_id)
    must_be_goods(line, "other price")
    list_price = line.price if line.list_price is None else line.list_price
    changed = replace(
        line,
        price=entry.amount("price", price, sale.currency),
        list_price=list_price,
        price_reason=entry.text("reason", reason, chars_max=REASON_CHARS_MAX),
    )
    if changed.price == list_price:
        changed = replace(changed, list_price=None, price_reason=None)
    return _with_line(sale, rules, changed)


def remove_line(sale: Sale, rules: Rules, line_id: str) -> Sale:
    """Take a line out, with its own discounts and its deposit."""
    must_be_open(sale)
    gone = line_of(sale, line_id)
    must_lead(gone)
    return checked(
        replace(
            sale,
            lines=tuple(line for line in sale.lines if gone.id not in (line.id, line.deposit_of)),
            discounts=tuple(discount for discount in sale.discounts if discount.line != gone.id),
        ),
        rules,
    )


# --- what must hold ---

_NEXT_STEP = {
    State.PARKED: "resume it first.",
    State.COMPLETED: "open a new sale, or refund this one.",
    State.VOIDED: "open a new sale.",
}


def must_be_open(sale: Sale) -> None:
    """Refuse whatever only an open sale takes."""
    if sale.state is not State.OPEN:
        raise conflict("sale-not-open", f"This sale is {sale.state}: {_NEXT_STEP[sale.state]}")


def checked(sale: Sale, rules: Rules) -> Sale:
    """Return the sale if its amounts are ones a till takes and its cards are not over its total."""
    priced = price(sale, rules)
    if any(abs(line.gross) > AMOUNT_MAX for line in priced.lines) or abs(priced.total) > AMOUNT_MAX:
        raise conflict(
            "amount-too-large",
            f"That comes to more than {spelled(sale, AMOUNT_MAX)}: check the price and the quantity.",
        )
    card = sum(tender.amount for tender in sale.tenders if tender.type is TenderType.CARD)
    card += 0 if sale.at_reader is None else sale.at_reader.amount  # it may be charged any moment
    payable = max(priced.total, 0) - priced.credited
    if card > payable:
        raise _cards_over(sale, payable, card)
    return sale


def _cards_over(sale: Sale, payable: int, card: int) -> Problem:
    if sale.at_reader is not None:
        return conflict(
            "cards-over-total",
            f"{spelled(sale, card)} is on cards or at the reader, and the total would become "
            f"{spelled(sale, payable)}: cancel the payment at the reader first.",
            total=payable,
        )
    tenders = ", ".join(tender.id for tender in sale.tenders if tender.type is TenderType.CARD)
    return conflict(
        "cards-over-total",
        f"{spelled(sale, card)} is on cards, and the total would become {spelled(sale, payable)}: "
        f"give the card's money back and remove tender {tenders} first.",
        total=payable,
    )


# --- the parts the operations share ---


def with_new_lines(sale: Sale, rules: Rules, *lines: Line) -> Sale:
    """Return the sale with these lines behind its own. Their ids go on from `lines_made`."""
    if len(sale.lines) + len(lines) > LINES_MAX:
        raise conflict("too-many-lines", f"A sale takes {LINES_MAX} lines: complete it and open another.")
    return checked(replace(sale, lines=(*sale.lines, *lines), lines_made=sale.lines_made + len(lines)), rules)


def _with_line(sale: Sale, rules: Rules, changed: Line) -> Sale:
    def now(line: Line) -> Line:
        if line.id == changed.id:
            return changed
        return replace(line, quantity=changed.quantity) if line.deposit_of == changed.id else line

    return checked(replace(sale, lines=tuple(now(line) for line in sale.lines)), rules)


def _about(sale: Sale, product: Product) -> AboutLine:
    """Return what is known of a new line: a customer whose age was asked is not asked again."""
    if product.min_age is None and product.track is None:
        return PLAIN_LINE
    asked = None
    if product.min_age is not None:
        checks = (line.about.age_check for line in sale.lines)
        asked = next((check for check in checks if check is not None and check.age >= product.min_age), None)
    return AboutLine(min_age=product.min_age, age_check=asked, track=product.track)


def _mergeable(sale: Sale, new: Line) -> Line | None:
    """Return the latest line that the new one could be one more of."""
    if new.unit is not Unit.EACH or new.about.track is Track.SERIAL:
        return None
    discounted = {discount.line for discount in sale.discounts}
    for line in reversed(sale.lines):
        if line.sku != new.sku:
            continue
        same = replace(line.about, age_check=new.about.age_check) if line.about is not new.about else line.about
        one_more = replace(line, id=new.id, quantity=new.quantity, barcode=new.barcode, about=same)
        if one_more == new and line.id not in discounted and line.quantity + new.quantity <= entry.QUANTITY_MAX:
            return line
    return None


def line_of(sale: Sale, line_id: str) -> Line:
    """Return one of the sale's lines. Raises `Problem` where it has none of that id."""
    for line in sale.lines:
        if line.id == line_id:
            return line
    raise not_found("line", f"This sale has no such line; {named_ids(sale.lines)}")


def named_ids(things: Sequence[Line] | Sequence[Discount] | Sequence[Tender]) -> str:
    """Return the half sentence that says which ids there are."""
    return f"choose one of {', '.join(thing.id for thing in things)}." if things else "it has none."


def tax_of(rules: Rules, code: str | None) -> TaxRate | None:
    """Return the store's tax of that code, the default one for None. Raises `Problem`."""
    code = rules.default_tax if code is None else code
    if code is None:
        return None
    if code not in rules.taxes:
        raise invalid(
            "no-such-tax",
            f"No tax is called {code!r}: use one of {', '.join(sorted(rules.taxes)) or 'none'}, "
            "or add it as [[tax]] to stillopen.toml.",
            field="tax",
        )
    return rules.taxes[code]


def spelled(sale: Sale, amount: int) -> str:
    """Write an amount of the sale's for a sentence: `12.50 EUR`."""
    return f"{format_amount(amount, sale.currency)} {sale.currency}"
