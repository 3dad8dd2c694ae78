"""Frames as scanners send them, each with what it must ring; and what a bad line makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from biip.checksums import gs1_price_weight_check_digit

from tests.scans.goods import GOODS, TODAY, check, upc_es, whole

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

GS = "\x1d"
_TEXT = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789-/"


@dataclass(frozen=True, slots=True)
class Due:
    """What a frame must ring. `problem` is the code of the refusal it must meet instead."""

    sku: str
    quantity: Decimal = Decimal(1)
    price: int | None = None  # the label's
    lot: str | None = None
    serial: str | None = None
    expiry: date | None = None
    add_on: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A frame and what it must ring; `due` is None where nothing is known but what the oracle allows."""

    data: bytes
    due: Due | None
    code_ids: str | None = None


def _ean(dice: random.Random) -> Made:
    item = dice.choice([each for each in GOODS.values() if each.gtin and each.gtin[0] == "0" and each.unit == "each"])
    assert item.gtin is not None
    short = item.gtin.startswith("000000")
    digits = item.gtin[6:] if short else item.gtin[1:]
    if item.sku == "SALT":
        return Made(("]E4" + digits).encode(), Due(item.sku))
    shapes = [digits, "]E4" + digits] if short else [digits, "]E0" + digits, "]C0" + digits, "]d1" + digits]
    if not short and digits[0] == "0":
        shapes += [digits[1:], "]E0" + digits[1:], *("]E0" + form for form in upc_es(digits[1:]))]
    return Made(dice.choice(shapes).encode(), Due(item.sku))


def _add_on(dice: random.Random) -> Made:
    item = dice.choice([GOODS["MUG"], GOODS["BOOK"], GOODS["N5"]])
    assert item.gtin is not None
    digits, issue = item.gtin[1:], "".join(dice.choices("0123456789", k=dice.choice([2, 5])))
    second = "E1" if len(issue) == 2 else "E2"
    shapes = [f"]E3{digits}{issue}", f"]E0{digits}]{second}{issue}", f"]{second}{digits}{issue}"]
    if item.sku == "BOOK":
        shapes.append(digits + issue)
    return Made(dice.choice(shapes).encode(), Due(item.sku, add_on=issue))


def _label(dice: random.Random) -> Made:
    value = dice.randrange(1, 9_999)
    prefix = dice.choice(["", "]E0"])
    kind = dice.choice(["APPLES", "HAM", "BUNS"])
    if kind == "APPLES":
        return Made((prefix + whole(f"2012345{value:05d}")).encode(), Due(kind, Decimal(value) / 1000))
    if kind == "BUNS":
        return Made((prefix + whole(f"2967890{value:05d}")).encode(), Due(kind, Decimal(value)))
    price = f"{value:04d}"
    guard = str(gs1_price_weight_check_digit(price))
    if dice.random() < 0.2:
        guard = str((int(guard) + dice.randrange(1, 10)) % 10)
        return Made((prefix + whole(f"2154321{guard}{price}")).encode(), Due(kind, problem="scan-refused"))
    return Made((prefix + whole(f"2154321{guard}{price}")).encode(), Due(kind, price=value))


def _gs1(dice: random.Random) -> Made:
    lot, serial = ("".join(dice.choices(_TEXT, k=dice.randrange(1, 20))) for _ in range(2))
    last = TODAY + timedelta(days=dice.randrange(-20, 400))
    problem = "expired" if last < TODAY else None
    fields = {"17": f"{last:%y%m%d}", "10": lot, "21": serial}
    due = Due("PILLS", lot=lot, serial=serial, expiry=last, problem=problem)
    gtin = "09506000134352"
    shape = dice.randrange(4)
    if shape == 0:
        link = f"https://id.example/01/{gtin}/10/{lot.replace('/', '%2F')}/21/{serial.replace('/', '%2F')}"
        return Made((dice.choice(["", "]Q1", "]d1"]) + f"{link}?17={fields['17']}").encode(), due)
    if shape == 1:
        return Made(f"(01){gtin}(17){fields['17']}(10){lot}(21){serial}".encode(), due)
    if shape == 2:
        grams = dice.randrange(1, 99_999)
        cheese = GOODS["CHEESE"].gtin
        text = f"]e001{cheese}3103{grams:06d}17{fields['17']}10{lot}"
        return Made(text.encode(), Due("CHEESE", Decimal(grams) / 1000, lot=lot, expiry=last, problem=problem))
    announced = dice.choice(["]C1", "]d2", "]Q3", "]J1", "]e0", GS, ""])
    return Made(f"{announced}01{gtin}17{fields['17']}10{lot}{GS}21{serial}".encode(), due)


def _composite(dice: random.Random) -> Made:
    last = TODAY + timedelta(days=dice.randrange(-20, 400))
    text = f"]E04006381333931]{dice.choice(['e0', 'e1', 'C1'])}17{last:%y%m%d}10L{dice.randrange(1000)}"
    lot = text[text.rindex("L") :]
    return Made(text.encode(), Due("MUG", lot=lot, expiry=last, problem="expired" if last < TODAY else None))


def _other(dice: random.Random) -> Made:
    variant = whole(f"9770378595{dice.randrange(100):02d}")
    return dice.choice(
        [
            Made(b"ABC-123", Due("OWN")),
            Made(b"]A0ABC-123", Due("OWN")),
            Made(b"]Q0ABC-123", Due("OWN")),
            Made(b"471100", Due("SCREW")),
            Made(b"]C0471100", Due("SCREW")),
            Made(variant.encode(), Due("MAGAZINE")),
            Made(b"]E0" + variant.encode(), Due("MAGAZINE")),
            Made(b"]X0316148410X", Due("BOOK")),
            Made(b"3-16-148410-X", Due("BOOK")),
            Made(b"]I114006381333938", Due("CASE")),
            Made(b"]I31400638133393", Due("CASE")),
            Made(b"14006381333938", Due("CASE")),
            Made(b"01234565", Due("SALT", problem="two-items")),
            Made(b"]E001234565", Due("PEPPER")),
            Made(b"]E04006381333931]E04006381333931", Due("MUG", problem="scan-refused")),
            Made(b"]C101095060001343520104006381333931", Due("PILLS", problem="scan-refused")),
            Made(b"]E112", Due("MUG", problem="scan-refused")),
        ]
    )


def _code_id(dice: random.Random) -> Made:
    return dice.choice(
        [
            Made(b"d4006381333931", Due("MUG"), "honeywell"),
            Made(b"D96385074", Due("TEA"), "honeywell"),
            Made(b"E04252614", Due("OIL"), "honeywell"),
            Made(b"c012345678905", Due("SOUP"), "honeywell"),
            Made(b"F400638133393105", Due("MUG", add_on="05"), "datalogic"),
            Made(b"FF96385074", Due("TEA"), "datalogic"),
            Made(b"A4006381333931", Due("MUG"), "zebra"),
            Made(b"A01234565", Due("SALT", problem="two-items"), "zebra"),
        ]
    )


def _misread(dice: random.Random) -> Made:
    """Make a number with one wrong digit: always refused."""
    item = dice.choice([each for each in GOODS.values() if each.gtin and each.gtin[0] == "0"])
    assert item.gtin is not None
    digits = item.gtin[1:]
    place = dice.randrange(13)
    wrong = digits[:place] + str((int(digits[place]) + dice.randrange(1, 10)) % 10) + digits[place + 1 :]
    assert check(wrong[:-1]) != wrong[-1]
    return Made((dice.choice(["", "]E0"]) + wrong).encode(), Due(item.sku, problem="scan-refused"))


def _random(dice: random.Random) -> Made:
    digits = "".join(dice.choices("0123456789", k=dice.randrange(1, 22)))
    start = dice.choice(["", "]E0", "]E3", "]E4", "]C1", "]e0", "]C0", "]I3", "20", "21", "01", "(01)", "]X0", "978"])
    return Made(
        dice.choice(
            [(start + digits).encode(), dice.randbytes(dice.randrange(1, 40)), start.encode() + dice.randbytes(9)]
        ),
        None,
    )


MAKERS: tuple[Callable[[random.Random], Made], ...] = (
    _ean,
    _add_on,
    _label,
    _gs1,
    _composite,
    _other,
    _code_id,
    _misread,
    _random,
)


def mutated(made: Made, dice: random.Random) -> Made:
    """Return the frame as a bad line, a bad label or a bad setting leaves it: one to three harms."""
    data = bytearray(made.data)
    for _ in range(dice.choice([1, 1, 1, 2, 3])):
        place = dice.randrange(len(data)) if data else 0
        harm = dice.randrange(9)
        if harm == 0 and data:
            data[place] ^= 1 << dice.randrange(8)
        elif harm == 1 and data:
            del data[place]
        elif harm == 2:
            data.insert(place, dice.choice(b"0123456789]EC\x1d\x00()"))
        elif harm == 3 and len(data) > 1:
            place = dice.randrange(len(data) - 1)
            data[place], data[place + 1] = data[place + 1], data[place]
        elif harm == 4 and data:
            data[place] = dice.choice(b"0123456789")
        elif harm == 5:
            del data[place:]
        elif harm == 6:
            del data[:place]
        elif harm == 7:
            data += dice.choice(MAKERS)(dice).data
        else:
            data[place:place] = data[place : place + dice.randrange(1, 6)]
    return Made(bytes(data), None, made.code_ids)
