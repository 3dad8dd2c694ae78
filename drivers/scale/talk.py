"""How each protocol holds a conversation: what to send, and what an answer leads to. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from drivers.scale import cas, nci, toledo
from drivers.scale.protocol import ScaleProtocol
from drivers.scale.reading import Reading, State, Unit
from drivers.scanner.parity import has_parity_bits, without_parity_bits

RAW_BYTES_MAX = 64  # of one answer; the longest has 30, and parity shows in four


@dataclass(frozen=True, slots=True)
class Heard:
    """What came: an answer, or what to send next for it."""

    reading: Reading | None = None
    send: bytes = b""


NOTHING = Heard()


class Talk(Protocol):
    """One protocol on one open port. An empty command is one that the protocol has not."""

    zero: bytes
    tare: bytes
    clear: bytes

    def ask(self) -> bytes:
        """Return what asks for the weight, and forget whatever came before."""
        ...

    def heard(self, received: bytes) -> Heard:
        """Take bytes; return the latest that they say."""
        ...


class ToledoTalk:
    """Toledo 8217."""

    zero, tare, clear = toledo.ZERO, toledo.TARE, toledo.CLEAR

    def __init__(self, unit: Unit) -> None:
        self._reader = toledo.AnswerReader(unit)

    def ask(self) -> bytes:
        """Return the question."""
        self._reader.restart()
        return toledo.WEIGH

    def heard(self, received: bytes) -> Heard:
        """Return the latest reading."""
        readings = self._reader.feed(received)
        return Heard(readings[-1]) if readings else NOTHING


class NciTalk:
    """NCI. Tare is a key on the scale: what sends it differs from one to the next."""

    zero, tare, clear = nci.ZERO, b"", b""

    def __init__(self, unit: Unit) -> None:
        self._reader = nci.AnswerReader(unit)

    def ask(self) -> bytes:
        """Return the question."""
        self._reader.restart()
        return nci.WEIGH

    def heard(self, received: bytes) -> Heard:
        """Return the latest reading."""
        readings = self._reader.feed(received)
        return Heard(readings[-1]) if readings else NOTHING


class CasTalk:
    """CAS: two questions for one weight. Zero and tare are keys on the scale."""

    zero = tare = clear = b""

    def __init__(self, unit: Unit) -> None:
        self._reader = cas.FrameReader(unit)
        self._enquired = False  # whether its READY is what comes next

    def ask(self) -> bytes:
        """Return the first question."""
        self._reader.restart()
        self._enquired = True
        return cas.ENQUIRE

    def heard(self, received: bytes) -> Heard:
        """Return the second question once it is ready, then the weight."""
        if self._enquired:
            if cas.NOT_READY in received:
                self._enquired = False
                return Heard(Reading(State.NOT_READY))
            if cas.READY not in received:
                return NOTHING
            self._enquired = False
            return Heard(send=cas.SEND)
        readings = self._reader.feed(received)
        return Heard(readings[-1]) if readings else NOTHING


_TALKS: dict[ScaleProtocol, type[ToledoTalk | NciTalk | CasTalk]] = {
    ScaleProtocol.TOLEDO_8217: ToledoTalk,
    ScaleProtocol.NCI: NciTalk,
    ScaleProtocol.CAS: CasTalk,
}


class SevenBits:
    """A conversation in which no byte has eight bits: none of the three protocols has any.

    An answer whose eighth bits are even parity came from a scale set to 7E1 over a port opened as 8N1. It is not
    taken, because such a scale need not understand what is sent to it; other bytes of eight bits are noise.
    """

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._raw = b""
        self.zero, self.tare, self.clear = talk.zero, talk.tare, talk.clear

    def ask(self) -> bytes:
        """Return the question."""
        self._raw = b""
        return self._talk.ask()

    def heard(self, received: bytes) -> Heard:
        """Return what was said, or that it came with parity."""
        self._raw = (self._raw + received)[-RAW_BYTES_MAX:]
        if self._raw.isascii():
            return self._talk.heard(received)
        heard = self._talk.heard(without_parity_bits(received))
        if heard.reading is not None:
            return Heard(Reading(State.PARITY)) if has_parity_bits(self._raw) else NOTHING
        return heard


def talk_for(protocol: ScaleProtocol, unit: Unit = Unit.KG) -> Talk:
    """Return a new conversation. `unit` is the one that the scale is set to."""
    return SevenBits(_TALKS[protocol](unit))
