"""What the store of the campaign sells, and how it finds each thing again: the oracle's own knowledge.

Nothing here is the decoder's: check digits by another loop, UPC-E made from UPC-A and not the other way round, GS1 by
looking for the item's own number in the text, verifiers by biip.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from biip.checksums import gs1_price_weight_check_digit

TODAY = date(2028, 6, 15)
TEMPLATES = ("20IIIIIWWWWWC", "21IIIIIVPPPPC", "29IIIIIQQQQQC")
_NEIGHBOURS = 120  # items one or two digits from each other: a misread digit must find none of them


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the catalogue; `gtin` is 14 digits, None where it is found by other texts alone."""

    sku: str
    barcodes: tuple[str, ...]
    gtin: str | None = None
    unit: str = "each"
    price: int = 1000  # minor units


def check(digits: str) -> str:
    """Return the check digit after `digits`."""
    odd, even = digits[::-1][::2], digits[::-1][1::2]
    return str((10 - (3 * sum(map(int, odd)) + sum(map(int, even))) % 10) % 10)


def whole(digits: str) -> str:
    """Return `digits` with their check digit."""
    return digits + check(digits)


def upc_es(upc_a: str) -> list[str]:
    """Return the UPC-E forms of a UPC-A, by the rules for making them (each as system, six digits, check digit)."""
    maker, product, ends = upc_a[1:6], upc_a[6:11], upc_a[0] + "{}" + upc_a[11]
    forms: list[str] = []
    if upc_a[0] not in "01":
        return forms
    if maker[2:] in {"000", "100", "200"} and product.startswith("00"):
        forms.append(ends.format(maker[:2] + product[2:] + maker[2]))
    if maker[3:] == "00" and product.startswith("000"):
        forms.append(ends.format(maker[:3] + product[3:] + "3"))
    if maker[4] == "0" and product.startswith("0000"):
        forms.append(ends.format(maker[:4] + product[4] + "4"))
    if product.startswith("0000") and product[4] in "56789":
        forms.append(ends.format(maker + product[4]))
    return forms


_CHEESE = whole("9506000134352")  # a GTIN-14 of something weighed begins with 9


def _goods() -> list[Item]:
    goods = [
        Item("MUG", ("4006381333931",), "04006381333931"),
        Item("TEA", ("96385074",), "00000096385074"),
        Item("SOUP", ("012345678905",), "00012345678905"),
        Item("OIL", ("042100005264",), "00042100005264"),
        Item("SALT", ("01234565",), "00000001234565"),
        Item("PEPPER", ("012345000065",), "00012345000065"),
        Item("CASE", ("14006381333938",), "14006381333938"),
        Item("PILLS", ("09506000134352",), "09506000134352"),
        Item("CHEESE", (_CHEESE,), _CHEESE, "kg"),
        Item("BOOK", ("9783161484100",), "09783161484100"),
        Item("MAGAZINE", ("0378-5955",)),
        Item("APPLES", (whole("201234500000"),), None, "kg"),
        Item("HAM", ("54321",)),
        Item("BUNS", ("2967890",)),
        Item("OWN", ("ABC-123",)),
        Item("SCREW", ("471100",)),
    ]
    for place in range(_NEIGHBOURS):
        body = f"400638133{place * 7 % 1000:03d}"
        goods.append(Item(f"N{place}", (whole(body),), "0" + whole(body)))
    return goods


GOODS = {item.sku: item for item in _goods()}
_GTINS = {item.gtin: item.sku for item in GOODS.values() if item.gtin}
_UPC_ES = {
    form: item.sku for item in GOODS.values() if item.gtin and item.gtin[:2] == "00" for form in upc_es(item.gtin[2:])
}
_TEXTS = {"0378-5955": "MAGAZINE", "ABC-123": "OWN", "471100": "SCREW", "54321": "HAM", "2967890": "BUNS"}
_LABELS = {"2012345": "APPLES", "2154321": "HAM", "2967890": "BUNS"}
_ISBNS = {"316148410X": "BOOK"}
_IDENTIFIED = re.compile(r"\]([A-Za-z][0-9A-Za-z])")
_SECOND = re.compile(r"([0-9]+)\](E[12]|C1|e[012])(.*)", re.DOTALL)
_CODE_IDS = {
    "honeywell": {"d": "E3", "D": "E4", "c": "E3", "E": "EE", "e": "I0", **dict.fromkeys("abijrswzIy{}", "C1")},
    "datalogic": {"FF": "E4", "F": "E3", "A": "E3", "E": "EE", "i": "I0", **dict.fromkeys("*%&#P@", "C1")},
    "zebra": {"A": "EU", "F": "I0", **dict.fromkeys([*"BCDEKLNRXz", "P00", "P01", "P0G", "P0Q"], "C1")},
}


def _number(digits: str) -> str | None:
    """Return whose number 12, 13 or 14 digits are, or 8 of an EAN-8."""
    return (
        _GTINS.get(digits.zfill(14))
        if digits.isascii() and digits.isdigit() and len(digits) in {8, 12, 13, 14}
        else None
    )


def _with_add_on(kind: str, text: str) -> set[str]:
    """Return whose an EAN's digits may be; the kinds say where two or five digits may stand behind them."""
    extras = {"E0": (0,), "E1": (2, 5), "E2": (2, 5), "E5": (2, 5), "E6": (2, 5)}.get(kind, (0, 2, 5))
    found: set[str | None] = set()
    for extra in extras:
        digits = text[: len(text) - extra]
        short = len(digits) == 8
        found.add(_magazine(digits))
        if not short or kind in {"E4", "E5", "E6", "EU"}:
            found.add(_number(digits) if not short or kind != "EE" else None)
        if short and kind not in {"E4", "E5", "E6"}:
            found.add(_UPC_ES.get(digits))
    return found - {None}  # type: ignore[return-value]  # what is left are skus


def _label(text: str) -> str | None:
    digits = "0" + text if len(text) == 12 else text
    if not re.fullmatch("[0-9]{13}", digits, re.ASCII) or whole(digits[:-1]) != digits:
        return None
    sku = _LABELS.get(digits[:7])
    if sku == "HAM" and str(gs1_price_weight_check_digit(digits[8:12])) != digits[7]:
        return None
    return sku


def _announced(text: str) -> set[str]:
    """Return whose number a GS1 text names behind AI 01."""
    flat = text.replace("(", "").replace(")", "").replace("/", "")
    named = {sku for gtin, sku in _GTINS.items() if "01" + gtin in flat}
    if text[:4].lower() == "http":  # there the number may stand with no zeros before it
        named |= {sku for gtin, sku in _GTINS.items() if re.search(rf"/01/0*{gtin.lstrip('0')}(?![0-9])", text)}
    return named


def owners(frame: bytes, code_ids: str | None = None) -> set[str]:
    """Return the items that may be found for a frame's bytes; for most bytes none."""
    try:
        text = frame.decode("utf-8")
    except UnicodeDecodeError:
        text = frame.decode("latin-1")
    match = _IDENTIFIED.match(text)
    kind, body = (match[1], text[3:]) if match else ("", text)
    if match is None and code_ids:
        prefix = max((each for each in _CODE_IDS[code_ids] if text.startswith(each)), key=len, default="")
        kind, body = (_CODE_IDS[code_ids][prefix], text[len(prefix) :]) if prefix else ("", text)
    if kind[:1] == "E":
        second = _SECOND.fullmatch(body)
        if second:
            return {*_with_add_on("E0" if kind == "E3" else kind, second[1]), *filter(None, [_label(second[1])])}
        labelled = {_label(body)} if kind in {"E0", "E3", "EU"} else set()
        return (_with_add_on(kind, body) | labelled) - {None}  # type: ignore[return-value]  # as above
    found: set[str | None] = {_TEXTS.get(body), _ISBNS.get(body.replace("-", "").replace(" ", ""))}
    if kind[:1] == "I":
        return {sku for sku in {*found, _itf(body)} if sku}
    if len(body) != 8 or not kind:
        found.add(_number(body))
    plain = re.sub("[ -]", "", body)
    if len(plain) == 13 and plain.startswith("978"):
        found.add(_number(plain))
    if not kind:
        found |= {_UPC_ES.get(body), _label(body)}
        if len(body) in {15, 18} and body[:3] in {"977", "978", "979"}:
            found |= {_number(body[:13]), _magazine(body[:13])}
    found |= {_magazine(body), *_announced(body)}
    return {sku for sku in found if sku}


def _itf(body: str) -> str | None:
    return (
        _number(body) if len(body) == 14 else _number(body + check(body)) if re.fullmatch("[0-9]{13}", body) else None
    )


def _magazine(body: str) -> str | None:
    return "MAGAZINE" if re.fullmatch("0?9770378595[0-9]{3}", body) and whole(body[:-1]) == body else None


def weight_of(text: str) -> set[Decimal]:
    """Return the weights that digits in a text may be: after AI 310n, or in a label."""
    found = {Decimal(m[2]).scaleb(-int(m[1])) for m in re.finditer(r"(?=310([0-5])\)?/?=?([0-9]{6}))", text)}
    return found | {Decimal(m[1]).scaleb(-3) for m in re.finditer(r"2012345([0-9]{5})[0-9]", text)}
