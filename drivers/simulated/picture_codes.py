"""Barcodes and QR codes as modules, encoded as a printer encodes them. Tables from python-barcode and qrcode."""

from __future__ import annotations

from drivers.printer.barcodes import CODE39_CHARACTERS

# `GS k` kinds, form B; form A counts from 0.
UPCA, EAN13, EAN8, CODE39, CODE128 = 65, 67, 68, 69, 73
_FORM_A_MAX = 6
_CODE_A, _CODE_B, _CODE_C = b"A"[0], b"B"[0], b"C"[0]


def bars(kind: int, content: bytes) -> str | None:
    """Return a linear barcode as `1` (bar) and `0` modules, or None where a printer prints nothing."""
    kind = kind + 65 if kind <= _FORM_A_MAX else kind
    text = content.decode("latin-1")
    if kind in (UPCA, EAN13, EAN8):
        digits = {UPCA: 12, EAN13: 13, EAN8: 8}[kind]
        if not text.isdigit() or len(text) not in (digits - 1, digits):
            return None
        text = text if len(text) == digits else text + _check_digit(text)
        return _ean8(text) if kind == EAN8 else _ean13(text.zfill(13))
    if kind == CODE39:
        return _code39(text) if text and CODE39_CHARACTERS.issuperset(text) else None
    return _code128(content) if kind == CODE128 else None


def shown_text(kind: int, content: bytes) -> str:
    """Return what stands below a barcode for people."""
    if kind != CODE128:
        return content.decode("latin-1")
    shown: list[str] = []
    pairs = False
    rest = iter(content)
    for byte in rest:
        after = next(rest, None) if byte == ord("{") else None
        if after in (_CODE_A, _CODE_B, _CODE_C):
            pairs = after == _CODE_C
        else:
            shown.append(f"{byte:02}" if pairs else chr(byte))
    return "".join(shown)


def qr_modules(content: bytes, level: str) -> list[list[bool]]:
    """Return a QR code's modules, without a quiet zone. `level` is L, M, Q or H."""
    import qrcode
    from qrcode import constants

    code = qrcode.QRCode(error_correction=getattr(constants, f"ERROR_CORRECT_{level}"), border=0)
    code.add_data(content)
    code.make(fit=True)
    modules: list[list[bool]] = code.get_matrix()
    return modules


def _check_digit(text: str) -> str:
    """Return the digit that a printer puts behind a number that comes without it: GS1's."""
    return str(-sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(text))) % 10)


def _ean13(text: str) -> str:
    from barcode.charsets import ean

    sides = ean.LEFT_PATTERN[int(text[0])]
    left = "".join(ean.CODES[side][int(digit)] for side, digit in zip(sides, text[1:7], strict=True))
    right = "".join(ean.CODES["C"][int(digit)] for digit in text[7:])
    return f"101{left}01010{right}101"


def _ean8(text: str) -> str:
    from barcode.charsets import ean

    left = "".join(ean.CODES["A"][int(digit)] for digit in text[:4])
    right = "".join(ean.CODES["C"][int(digit)] for digit in text[4:])
    return f"101{left}01010{right}101"


def _code39(text: str) -> str:
    from barcode.codex import Code39

    (modules,) = Code39(text, add_checksum=False).build()
    return str(modules)


def _code128(content: bytes) -> str | None:
    """Follow `{A`, `{B`, `{C` and `{{` as `GS k` 73 defines them; nothing is switched by itself."""
    from barcode.charsets import code128

    codes: list[int] = []
    code_set = 0
    at = 0
    while at < len(content):
        byte = content[at]
        at += 1
        if byte == ord("{") and at < len(content):
            byte = content[at]
            at += 1
            if byte in (_CODE_A, _CODE_B, _CODE_C):
                name = chr(byte)
                codes.append(code128.START_CODES[name] if not codes else {"A": 101, "B": 100, "C": 99}[name])
                code_set = byte
                continue
            if byte != ord("{"):
                return None  # function codes are for scanners; receipts have none
        if code_set == _CODE_C:
            value: int | None = byte
        else:
            value = {_CODE_A: code128.A, _CODE_B: code128.B}.get(code_set, {}).get(chr(byte))
        if value is None or value > 102:  # noqa: PLR2004 - code 128 has that many, and starts and a stop
            return None
        codes.append(value)
    if len(codes) < 2:  # noqa: PLR2004 - a start and nothing else
        return None
    check = (codes[0] + sum(place * code for place, code in enumerate(codes))) % 103
    modules = "".join(code128.CODES[code] for code in [*codes, check])
    return f"{modules}{code128.STOP}11"
