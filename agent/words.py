"""A locale's manner on paper: the words of a receipt, and how its money, numbers and times are written.

A locale is `language` or `language_TERRITORY`, such as `de_DE`. What is not known here falls back to
English words, to a decimal point, and to times as ISO 8601 writes them, which no one misreads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from outbox.money import format_amount

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class ReceiptWords:
    """The words on a receipt."""

    receipt: str
    till: str
    copy: str
    refund: str
    exchange: str
    gift: str
    gift_how: str
    training: str
    training_how: str
    for_receipt: str
    refund_receipt: str  # the number that the refund of an exchange has
    without_receipt: str
    offline: str  # no cloud could be reached when it was made
    cashier: str
    customer: str
    taken_back: str
    credit: str
    reason: str
    regular_price: str
    issue: str  # of a magazine
    discount: str
    subtotal: str
    total: str
    rounding: str
    to_pay: str
    to_pay_back: str
    cash: str
    card: str
    own_terminal: str  # where a card was taken: the till never saw it
    tip: str
    deposit: str
    empties: str  # before the name of what came in them
    tax_relief: str
    exempt: str
    change: str
    net: str
    anchor: str  # what stands before the beginning of the record's hash

    def tender(self, type_: str) -> str:
        """Return the word for how money changed hands."""
        return {"cash": self.cash, "card": self.card, "exchange": self.credit}[type_]


_WORDS = {
    "en": ReceiptWords(
        receipt="Receipt",
        till="Till",
        copy="COPY",
        refund="REFUND",
        exchange="EXCHANGE",
        gift="GIFT RECEIPT",
        gift_how="Bring this along to exchange it.",
        training="TRAINING",
        training_how="No sale, no receipt",
        for_receipt="For receipt",
        refund_receipt="Refund no.",
        without_receipt="Without a receipt",
        offline="Made offline",
        cashier="Cashier",
        customer="Customer",
        taken_back="Taken back",
        credit="Credit",
        reason="Reason",
        regular_price="regular price",
        issue="Issue",
        discount="Discount",
        subtotal="Subtotal",
        total="Total",
        rounding="Rounding",
        to_pay="To pay",
        to_pay_back="Paid back",
        cash="Cash",
        card="Card",
        own_terminal="on a separate terminal",
        tip="Tip",
        deposit="Deposit",
        empties="Empties",
        tax_relief="Tax not charged",
        exempt="Tax exempt",
        change="Change",
        net="net",
        anchor="Journal",
    ),
    "de": ReceiptWords(
        receipt="Bon",
        till="Kasse",
        copy="KOPIE (COPY)",  # a reprint says COPY in every language, so that any clerk knows it
        refund="ERSTATTUNG",
        exchange="UMTAUSCH",
        gift="GESCHENKBON",
        gift_how="Zum Umtausch bitte mitbringen.",
        training="TRAINING",
        training_how="Kein Verkauf, kein Beleg",
        for_receipt="Zu Bon",
        refund_receipt="Erstattung Nr.",
        without_receipt="Ohne Bon",
        offline="Offline erstellt",
        cashier="Es bediente",
        customer="Kunde",
        taken_back="Zurückgenommen",
        credit="Gutschrift",
        reason="Grund",
        regular_price="statt",
        issue="Ausgabe",
        discount="Rabatt",
        subtotal="Zwischensumme",
        total="Summe",
        rounding="Rundung",
        to_pay="Zu zahlen",
        to_pay_back="Ausgezahlt",
        cash="Bar",
        card="Karte",
        own_terminal="an eigenem Terminal",
        tip="Trinkgeld",
        deposit="Pfand",
        empties="Leergut",
        tax_relief="Steuer entfällt",
        exempt="Steuerfrei",
        change="Rückgeld",
        net="netto",
        anchor="Journal",
    ),
}

# Decimal sign and thousands sign, from CLDR's number symbols; its narrow no-break space is a plain one
# here, because no receipt printer's code page has it.
_COMMA_DOT, _COMMA_SPACE, _DOT_COMMA, _DOT_APOSTROPHE = (",", "."), (",", " "), (".", ","), (".", "'")
_SIGNS = (
    dict.fromkeys(
        ["da", "de", "el", "es", "hr", "id", "is", "it", "nl", "pt", "ro", "sl", "sr", "tr", "vi"], _COMMA_DOT
    )
    | dict.fromkeys(
        ["bg", "cs", "et", "fi", "fr", "hu", "lt", "lv", "nb", "nn", "no", "pl", "ru", "sk", "sv", "uk"], _COMMA_SPACE
    )
    | dict.fromkeys(["de_CH", "de_LI", "it_CH"], _DOT_APOSTROPHE)
    | dict.fromkeys(
        ["es_MX", "es_US", "es_PR", "es_GT", "es_HN", "es_NI", "es_SV", "es_PA", "es_DO", "es_PE"], _DOT_COMMA
    )
)

_SYMBOLS = {"EUR": "€", "GBP": "£"}
_DOLLARS_AT_HOME = {"CA": "CAD", "AU": "AUD", "NZ": "NZD"}  # whose `$` it is there; elsewhere it is the US dollar's

# Where the symbol stands before the amount; everywhere else it follows, after a space.
_SYMBOL_FIRST = frozenset(["en", "ja", "zh", "ko", "es_MX", "es_US", "es_PR"])
_SYMBOL_FIRST_SPACED = frozenset(["nl", "de_AT", "de_CH", "de_LI", "it_CH", "pt_BR"])

_TIMES = {
    "de": "%d.%m.%Y %H:%M",
    "en_US": "%m/%d/%Y %I:%M %p",
    "en_GB": "%d/%m/%Y %H:%M",
    "en_IE": "%d/%m/%Y %H:%M",
    "en_AU": "%d/%m/%Y %H:%M",
    "en_NZ": "%d/%m/%Y %H:%M",
    "es": "%d/%m/%Y %H:%M",
    "fr": "%d/%m/%Y %H:%M",
    "fr_CA": "%Y-%m-%d %H:%M",
    "it": "%d/%m/%Y %H:%M",
    "nl": "%d-%m-%Y %H:%M",
    "pt": "%d/%m/%Y %H:%M",
}


def words(locale: str) -> ReceiptWords:
    """Return the receipt's words in the locale's language, English where there are none."""
    return _WORDS.get(_language(locale), _WORDS["en"])


def amount_text(amount: int, currency: str, locale: str) -> str:
    """Write minor units as the locale does, with no currency: 123456 EUR is `1.234,56` in `de_DE`."""
    point, group = _signs(locale)
    return format_amount(amount, currency, point=point, group=group)


def money_text(amount: int, currency: str, locale: str) -> str:
    """Write minor units as the locale does, with the currency's symbol or its code: `1.234,56 €`, `-$5.00`."""
    number = amount_text(abs(amount), currency, locale)
    dollar = _DOLLARS_AT_HOME.get(locale[-2:], "USD")
    symbol = "$" if currency == dollar else _SYMBOLS.get(currency, currency)
    language = _language(locale)
    if locale in _SYMBOL_FIRST_SPACED or language in _SYMBOL_FIRST_SPACED:
        text = f"{symbol} {number}"
    elif locale in _SYMBOL_FIRST or language in _SYMBOL_FIRST:
        text = f"{symbol}{number}" if symbol != currency else f"{symbol} {number}"
    else:
        text = f"{number} {symbol}"
    return f"-{text}" if amount < 0 else text


def decimal_in(locale: str, text: str) -> str:
    """Write a decimal string (a quantity, a rate) with the locale's decimal sign."""
    return text.replace(".", _signs(locale)[0])


def time_text(moment: datetime, locale: str) -> str:
    """Write a local time as the locale does, to the minute."""
    return moment.strftime(_TIMES.get(locale) or _TIMES.get(_language(locale), "%Y-%m-%d %H:%M"))


def _language(locale: str) -> str:
    return locale.partition("_")[0]


def _signs(locale: str) -> tuple[str, str]:
    return _SIGNS.get(locale) or _SIGNS.get(_language(locale), _DOT_COMMA)
