"""The words of a shift's papers, in the store's language; English where there are none."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShiftWords:
    """The words on X and Z reports and on the slips of cash movements."""

    x_report: str
    z_report: str
    opened: str
    closed: str
    by: str
    automatic: str
    sales: str
    refunds: str
    net: str
    voids: str
    parked: str
    discounts: str
    tips: str
    taken: str
    given_back: str
    of_these_change: str
    taxes: str
    categories: str
    no_category: str
    cashiers: str
    nobody: str
    hours: str
    drawer: str
    float: str
    cash: str
    paid_in: str
    paid_out: str
    drops: str
    expected: str
    others: str
    counted: str
    not_counted: str
    over: str
    short: str
    exact: str
    left: str
    no_sales: str
    first: str
    last: str
    shift: str
    signature: str
    tenders: dict[str, str]


_EN = ShiftWords(
    x_report="X REPORT",
    z_report="Z REPORT",
    opened="Opened",
    closed="Closed",
    by="By",
    automatic="opened by itself",
    sales="Sales",
    refunds="Refunds",
    net="Net",
    voids="Sales given up",
    parked="Sales still parked",
    discounts="Discounts",
    tips="Tips",
    taken="taken",
    given_back="given back",
    of_these_change="of these change",
    taxes="Taxes",
    categories="Categories",
    no_category="no category",
    cashiers="Cashiers",
    nobody="not named",
    hours="Hours",
    drawer="Drawer",
    float="Float",
    cash="Cash, net",
    paid_in="Paid in",
    paid_out="Paid out",
    drops="To the safe",
    expected="Expected",
    others="With the other tills'",
    counted="Counted",
    not_counted="not counted",
    over="Over",
    short="Short",
    exact="Neither over nor short",
    left="Left in the drawer",
    no_sales="Opened without a sale",
    first="First",
    last="Last",
    shift="Shift",
    signature="Signature",
    tenders={"cash": "Cash", "card": "Card", "exchange": "Exchange"},
)
_DE = ShiftWords(
    x_report="X-BERICHT",
    z_report="Z-BERICHT",
    opened="Geöffnet",
    closed="Geschlossen",
    by="Durch",
    automatic="von selbst geöffnet",
    sales="Verkäufe",
    refunds="Erstattungen",
    net="Netto",
    voids="Abgebrochene Verkäufe",
    parked="Noch geparkte Verkäufe",
    discounts="Rabatte",
    tips="Trinkgeld",
    taken="genommen",
    given_back="zurückgegeben",
    of_these_change="davon Rückgeld",
    taxes="Steuern",
    categories="Warengruppen",
    no_category="ohne Warengruppe",
    cashiers="Kassierer",
    nobody="nicht genannt",
    hours="Stunden",
    drawer="Lade",
    float="Wechselgeld",
    cash="Bar, netto",
    paid_in="Einlagen",
    paid_out="Entnahmen",
    drops="In den Tresor",
    expected="Soll",
    others="Mit den anderen Kassen",
    counted="Gezählt",
    not_counted="nicht gezählt",
    over="Überschuss",
    short="Fehlbetrag",
    exact="Keine Differenz",
    left="In der Lade gelassen",
    no_sales="Öffnungen ohne Verkauf",
    first="Erster",
    last="Letzter",
    shift="Schicht",
    signature="Unterschrift",
    tenders={"cash": "Bar", "card": "Karte", "exchange": "Umtausch"},
)
_WORDS = {"en": _EN, "de": _DE}


def shift_words(locale: str) -> ShiftWords:
    """Return the words in the locale's language."""
    return _WORDS.get(locale.partition("_")[0], _EN)
