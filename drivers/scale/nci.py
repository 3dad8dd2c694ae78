"""NCI's general protocol (SCP-01 and those after it): `W` CR asks, LF and ETX hold the answer. Pure.

`0A xx.xxxUU 0D 0A S hh 0D 03`: the weight as displayed and its unit, left out where there is none; then two or more
status bytes, which some scales write without the S. `0A 3F 0D 03` is "unknown command". Source: Ohaus' Aviator 7000
service manual, section 6.1, and Avery Weigh-Tronix' SCP-01. There is no check sum.
"""

from __future__ import annotations

import re
from decimal import Decimal

from drivers.scale.reading import Reading, State, Unit, stable

WEIGH, ZERO = b"W\r", b"Z\r"
ANSWER_BYTES_MAX = 48  # a display of sixteen characters, its frame and four status bytes are 30

_ETX = b"\x03"
_ANSWER = re.compile(rb"(?:\n([ -~]{1,20})\r)?\nS?([0-?][0-?p-\x7f]{1,3})\r\x03")
_UNKNOWN = re.compile(rb"\n\?\r\x03")
_NUMBER = re.compile(rb" *(-?) *([0-9]+(?:\.[0-9]+)?) *(kg|g|lb|oz) *", re.IGNORECASE)
_TWO_UNITS = re.compile(rb" *-?[0-9 ]+lb +[0-9.]+ *oz *", re.IGNORECASE)
_MOTION, _AT_ZERO, _RAM, _EEPROM = 1, 2, 4, 8  # of the first status byte
_UNDER, _OVER, _ROM, _CALIBRATION = 1, 2, 4, 8  # of the second
_NET, _INITIAL_ZERO = 4, 8  # of the third
_MORE = 0x40  # another status byte follows; never in the first
_ALWAYS = 0x30


class AnswerReader:
    """Reads answers, however they are cut. `unit` is the one that the shop sells by."""

    def __init__(self, unit: Unit = Unit.KG) -> None:
        self._unit = unit
        self._bytes = bytearray()

    def feed(self, received: bytes) -> list[Reading]:
        """Return the readings that these bytes complete; what is none is passed over."""
        self._bytes += received
        readings = []
        while (end := self._bytes.find(_ETX)) >= 0:
            answer = bytes(self._bytes[: end + 1])
            del self._bytes[: end + 1]
            reading = self._reading(answer)
            if reading is not None:
                readings.append(reading)
        del self._bytes[: max(0, len(self._bytes) - ANSWER_BYTES_MAX)]
        return readings

    def restart(self) -> None:
        """Forget an answer whose end did not come."""
        self._bytes.clear()

    def _reading(self, answer: bytes) -> Reading | None:
        if _UNKNOWN.search(answer):
            return Reading(State.REFUSED)
        found = _ANSWER.search(answer)
        if found is None or not _complete(found[2]):
            return None
        first, second, *rest = found[2]
        third = rest[0] if rest else 0
        net = bool(third & _NET) if rest else None
        if first & (_RAM | _EEPROM) or second & (_ROM | _CALIBRATION) or third & _INITIAL_ZERO:
            return Reading(State.FAULT, net=net)
        if second & (_OVER | _UNDER):
            return Reading(State.OVER if second & _OVER else State.UNDER, net=net)
        if first & _MOTION:
            return Reading(State.MOTION, net=net)
        return self._at_rest(found[1] or b"", net=net, at_zero=bool(first & _AT_ZERO))

    def _at_rest(self, display: bytes, *, net: bool | None, at_zero: bool) -> Reading:
        if _TWO_UNITS.fullmatch(display):
            return Reading(State.WRONG_UNIT, net=net)
        number = _NUMBER.fullmatch(display)
        if number is None:
            return Reading(State.ZERO if at_zero and not display else State.NOT_READY, net=net)
        shown = Decimal((number[1] + number[2]).decode())
        return stable(shown, Unit(number[3].decode().lower()), configured=self._unit, net=net)


def encode(reading: Reading) -> bytes:
    """Return the answer that says so."""
    if reading.state is State.REFUSED:
        return b"\n?\r\x03"
    weight = b""
    if reading.state is State.STABLE and reading.shown is not None:
        weight = b"\n" + f"{reading.shown:>7}{str(reading.unit).upper()}".encode() + b"\r"
    first = {State.MOTION: _MOTION, State.ZERO: _AT_ZERO, State.FAULT: _EEPROM}.get(reading.state, 0) | _ALWAYS
    second = {State.UNDER: _UNDER, State.OVER: _OVER}.get(reading.state, 0) | _ALWAYS
    status = bytes((first, second))
    if reading.net is not None:
        status = bytes((first, second | _MORE, _ALWAYS | (_NET if reading.net else 0)))
    return weight + b"\nS" + status + b"\r" + _ETX


def _complete(status: bytes) -> bool:
    """Whether each status byte but the last says that another follows."""
    return all(bool(byte & _MORE) is (at < len(status) - 1) for at, byte in enumerate(status) if at > 0)
