"""CAS AP-1, PD-II and others that are set to it: asked whether it is ready, then for the weight. Pure.

`05` is answered `06` (or `15`: not yet), then `11` with `01 02 STA SIGN w.www UU BCC 03 04`: STA is S where the weight
stands still, SIGN a space, `-`, or `F` for too much; BCC is the exclusive or of all between `02` and itself. Source:
the AP-1's description of its protocol, and Ohaus' Aviator 7000 service manual, page 36.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import reduce
from operator import xor

from drivers.scale.reading import Reading, State, Unit, stable

ENQUIRE, SEND = b"\x05", b"\x11"
READY, NOT_READY = b"\x06", b"\x15"
BODY_BYTES = (10, 11)  # a weight of six characters, or of seven
ANSWER_BYTES_MAX = 2 + max(BODY_BYTES) + 2  # SOH, STX, body, BCC, ETX; the EOT behind it says nothing more

_BEGIN, _END = b"\x01\x02", b"\x03\x04"
_ETX = 0x03
_BODY = re.compile(rb"([SU])([ \-F])( *[0-9]*\.?[0-9]+)(kg| ?g|lb|oz) ?", re.IGNORECASE)


class FrameReader:
    """Reads weights, however they are cut. `unit` is the one that the shop sells by."""

    def __init__(self, unit: Unit = Unit.KG) -> None:
        self._unit = unit
        self._bytes = bytearray()

    def feed(self, received: bytes) -> list[Reading]:
        """Return the readings that these bytes complete; one whose check is wrong is passed over."""
        self._bytes += received
        readings: list[Reading] = []
        while True:
            start = self._bytes.find(_BEGIN)
            if start < 0:
                del self._bytes[: max(0, len(self._bytes) - 1)]
                return readings
            del self._bytes[:start]
            body = _body(self._bytes)
            if body is not None:
                del self._bytes[: len(_BEGIN) + len(body) + 2]
                reading = self._reading(body)
                readings += [] if reading is None else [reading]
            elif len(self._bytes) >= ANSWER_BYTES_MAX:
                del self._bytes[0]  # damaged; perhaps the next one begins within
            else:
                return readings

    def restart(self) -> None:
        """Forget a weight whose end did not come."""
        self._bytes.clear()

    def _reading(self, body: bytes) -> Reading | None:
        found = _BODY.fullmatch(body)
        if found is None:
            return None
        if found[2] == b"F":
            return Reading(State.OVER)
        if found[1] == b"U":
            return Reading(State.MOTION)
        shown = Decimal(found[3].decode().strip())
        unit = Unit(found[4].decode().strip().lower())
        return stable(-shown if found[2] == b"-" else shown, unit, configured=self._unit)


def encode(reading: Reading) -> bytes:
    """Return the frame that says so; one that only NAK can say, as NAK."""
    sign = {State.OVER: b"F", State.UNDER: b"-"}.get(reading.state, b" ")
    shown, unit = reading.shown, reading.unit or Unit.KG
    if reading.state is State.UNDER:
        shown = Decimal("0.005")
    elif reading.state not in {State.STABLE, State.ZERO, State.MOTION, State.OVER}:
        return NOT_READY
    status = b"U" if reading.state is State.MOTION else b"S"
    number = f"{shown or Decimal():06.3f}".encode()
    body = status + sign + number + f"{unit:>2}".encode()
    return _BEGIN + body + bytes([check(body)]) + _END


def check(body: bytes) -> int:
    """Return the block check: the exclusive or of the body's bytes."""
    return reduce(xor, body, 0)


def _body(received: bytes | bytearray) -> bytes | None:
    """Return the body of the frame that `received` begins with; None: it is not whole, or damaged."""
    for length in BODY_BYTES:
        end = len(_BEGIN) + length
        if len(received) > end + 1 and received[end + 1] == _ETX:
            body = bytes(received[len(_BEGIN) : end])
            if check(body) == received[end]:
                return body
    return None
