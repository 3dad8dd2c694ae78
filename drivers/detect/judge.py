"""What a device probably is: by what it says of itself first, by its numbers next. Pure."""

from __future__ import annotations

import re

from drivers.detect.found import Found, Guess, Kind, Sure, Way
from drivers.detect.known import Known, known

_POS_PAGE, _SCALE_PAGE, _CARD_PAGE = 0x8C, 0x8D, 0x8E  # HID Point of Sale Usage Tables 1.02
_SCANNER_WORDS = re.compile(r"(?i)scan|bar.?code|symbol|imager|datalogic|honeywell|zebra|newland")
_READ_WORDS = re.compile(r"(?i)magtek|card.?reader|mag.?stripe")

_TRY_SERIAL = (
    "Scan something after writing the scanner's lines, or print a test page after writing the printer's; at a wrong"
    " speed nothing, or garbage, comes. The device's self-test print or manual names its speed."
)
_MODES = "Its manual has a barcode that switches it to USB-COM or to HID-POS; then look here again."


def judge(found: Found) -> Guess:
    """Say what a device probably is, how sure that is, and what to do next."""
    maker = known(found.vendor, found.product)
    if (maker is not None and maker.kind is Kind.CARD_READER) or _READ_WORDS.search(found.name or ""):
        return _card_reader(maker)
    return {
        Way.SERIAL: _serial,
        Way.USB_PRINTER: _usb_printer,
        Way.HID: _hid,
        Way.KEYBOARD: _keyboard,
        Way.QUEUE: _queue,
    }[found.way](found, maker)


def _serial(found: Found, maker: Known | None) -> Guess:
    if maker is None and found.name and _SCANNER_WORDS.search(found.name):
        return Guess(Kind.SCANNER, Sure.PROBABLE, found.name, "By its name", "Write its lines, and scan something.")
    if maker is None:
        what = found.name or "a serial port"
        why = "Its numbers are not in the list" if found.numbers else "It does not say what is on it"
        return Guess(Kind.UNKNOWN, Sure.UNKNOWN, what, why, _TRY_SERIAL)
    if maker.kind is Kind.ADAPTER:
        return Guess(maker.kind, maker.sure, f"{maker.what}, a serial adapter", "By its USB numbers", _TRY_SERIAL)
    next_step = "Write its lines, and scan something." if maker.kind is Kind.SCANNER else _TRY_SERIAL
    return Guess(maker.kind, maker.sure, _named(found, maker), "By its USB numbers", next_step)


def _usb_printer(found: Found, maker: Known | None) -> Guess:
    what = found.name or (maker.what if maker else "a USB printer")
    return Guess(
        Kind.PRINTER,
        Sure.CERTAIN,
        what,
        "By its USB class",
        "If it prints receipts write its lines and print a test page; an office printer is not for this.",
    )


def _hid(found: Found, maker: Known | None) -> Guess:
    if found.usage_page == _CARD_PAGE:
        return _card_reader(maker)
    if found.usage_page == _POS_PAGE:
        what = found.name or (maker.what if maker else "a scanner in HID-POS")
        return Guess(Kind.SCANNER, Sure.CERTAIN, what, "By its usage page, 8C", "Write its lines, and scan something.")
    if found.usage_page == _SCALE_PAGE:
        return Guess(
            Kind.SCALE,
            Sure.CERTAIN,
            found.name or "a USB scale",
            "By its usage page, 8D",
            "Scales are read over a serial port here: switch it to USB-COM or RS-232 (its manual says how).",
        )
    if maker is not None and maker.kind is Kind.DRAWER:
        return Guess(Kind.DRAWER, maker.sure, maker.what, "By its USB numbers", "Write its lines, and test the drawer.")
    if maker is not None and maker.kind is Kind.SCANNER:
        what = f"{_named(found, maker)}, not in HID-POS"
        return Guess(Kind.SCANNER, maker.sure, what, "By its USB numbers", _MODES)
    return Guess(
        Kind.UNKNOWN,
        Sure.UNKNOWN,
        found.name or "a HID device",
        "Its numbers are not in the list",
        "If it is a scanner: " + _MODES[0].lower() + _MODES[1:] + " If it is a drawer its manual names the report.",
    )


def _keyboard(found: Found, maker: Known | None) -> Guess:
    named = bool(found.name and _SCANNER_WORDS.search(found.name))
    if (maker is not None and maker.kind is Kind.SCANNER) or named:
        what = f"{_named(found, maker)}, typing like a keyboard"
        why = "By its name" if maker is None else "By its USB numbers"
        return Guess(
            Kind.SCANNER,
            Sure.PROBABLE,
            what,
            why,
            "It works as it is, on the till page. Better: " + _MODES[0].lower() + _MODES[1:],
        )
    return Guess(
        Kind.KEYBOARD,
        Sure.POSSIBLE,
        found.name or "a keyboard",
        "It types",
        "Nothing to do for a keyboard. If it is a scanner: " + _MODES[0].lower() + _MODES[1:],
    )


def _queue(found: Found, _maker: Known | None) -> Guess:
    return Guess(
        Kind.PRINTER,
        Sure.CERTAIN,
        found.name or found.place,
        "It is a print queue",
        "Prefer the printer's own usb://, serial:// or tcp:// port: through a queue nobody learns what was printed.",
    )


def _card_reader(maker: Known | None) -> Guess:
    return Guess(
        Kind.CARD_READER,
        Sure.PROBABLE if maker else Sure.POSSIBLE,
        f"{maker.what}, a card reader" if maker else "a card reader",
        "By its USB numbers" if maker else "By what it says of itself",
        "Leave it to the payment terminal's own program: no card data is handled here.",
    )


def _named(found: Found, maker: Known | None) -> str:
    if maker is None:
        return found.name or "a scanner"
    return (
        f"{maker.what} {found.name}"
        if found.name and maker.what.split()[0] not in found.name
        else (found.name or maker.what)
    )
