"""Toledo 8217: one letter asks, STX and CR hold the answer. Pure.

`W` is answered with a weight that stands still, `02 ww.www 0D` in kg or `02 ww.ww 0D` and `02 wwww.ww 0D` in lb, with
an `N` behind it where it is net; else with a status, `02 3F s 0D`. The unit is not sent. Source: the service manual
of PSC's Magellan 8500, page 39, and Mettler-Toledo's of the Viva, page 51.
"""

from __future__ import annotations

import re
from decimal import Decimal

from drivers.scale.reading import Reading, State, Unit, stable

WEIGH, ZERO, TARE, CLEAR = b"W", b"Z", b"T", b"C"
ANSWER_BYTES_MAX = 12  # STX, seven characters, N and CR are ten; more without an end is noise

_STX, _CR, _STATUS = 0x02, 0x0D, 0x3F
_WEIGHT = re.compile(rb"( *[0-9]+\.([0-9]+))(N?)")
# One width for each unit and size of scale: a weight that lost a digit on its way has another.
_WIDTHS = {(6, 3): Unit.KG, (5, 2): Unit.LB, (7, 2): Unit.LB}
_MOTION, _OVER, _UNDER, _OUTSIDE_ZERO, _CENTRE_OF_ZERO, _NET, _BAD_COMMAND = (1 << bit for bit in range(7))
_STATES = (  # what weighs most goes first
    (_BAD_COMMAND, State.REFUSED),
    (_OVER, State.OVER),
    (_UNDER, State.UNDER),
    (_MOTION, State.MOTION),
    (_OUTSIDE_ZERO, State.FAULT),
    (_CENTRE_OF_ZERO, State.ZERO),
)


class AnswerReader:
    """Reads answers, however they are cut. `unit` is the one that the scale is set to: it does not say."""

    def __init__(self, unit: Unit = Unit.KG) -> None:
        self._unit = unit
        self._bytes = bytearray()

    def feed(self, received: bytes) -> list[Reading]:
        """Return the readings that these bytes complete; what is none, such as an echo, is passed over."""
        self._bytes += received
        readings = []
        while (length := self._whole()) is not None:
            reading = self._reading(bytes(self._bytes[1 : length - 1]))
            if reading is None:
                del self._bytes[0]  # perhaps an answer begins within
            else:
                del self._bytes[:length]
                readings.append(reading)
        return readings

    def restart(self) -> None:
        """Forget an answer whose end did not come."""
        self._bytes.clear()

    def _whole(self) -> int | None:
        """Begin the buffer with STX, and return how long the answer in it is; None: its end has not come."""
        while True:
            start = self._bytes.find(_STX)
            del self._bytes[: len(self._bytes) if start < 0 else start]
            if len(self._bytes) < 2:  # noqa: PLR2004 - STX and what says which kind of answer it is
                return None
            if self._bytes[1] == _STATUS:
                return 4 if len(self._bytes) >= 4 else None  # noqa: PLR2004 - any byte may be a status, CR and STX too
            end = self._bytes.find(_CR)
            if 0 < end < ANSWER_BYTES_MAX:
                return end + 1
            if end < 0 and len(self._bytes) < ANSWER_BYTES_MAX and _STX not in self._bytes[1:]:
                return None
            del self._bytes[0]

    def _reading(self, body: bytes) -> Reading | None:
        if body[:1] == b"?":
            return _status(body[1]) if self._bytes[3] == _CR else None
        found = _WEIGHT.fullmatch(body)
        unit = None if found is None else _WIDTHS.get((len(found[1]), len(found[2])))
        if found is None or unit is None:
            return None
        return stable(Decimal(found[1].decode()), unit, configured=self._unit, net=bool(found[3]))


def encode(reading: Reading) -> bytes:
    """Return the answer that says so. A weight in lb is written `ww.ww`, or `wwww.ww` from 100 lb on."""
    if reading.state is State.STABLE and reading.shown is not None:
        small = reading.unit is Unit.LB and reading.shown < 100  # noqa: PLR2004 - what two digits hold
        number = f"{reading.shown:0{5 if small else 7}.2f}" if reading.unit is Unit.LB else f"{reading.shown:06.3f}"
        return b"\x02" + number.encode() + (b"N" if reading.net else b"") + b"\r"
    bit = next((bit for bit, state in _STATES if state is reading.state), 0)
    return bytes((_STX, _STATUS, bit | (_NET if reading.net else 0), _CR))


def _status(byte: int) -> Reading:
    net = bool(byte & _NET)
    for bit, state in _STATES:
        if byte & bit:
            return Reading(state, net=net)
    return Reading(State.UNCHANGED, net=net)
