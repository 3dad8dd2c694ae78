"""A keyboard wedge as frames: what it types between two Enters (or Tabs)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.scanner.framing import Frame, Framer, FrameState, Suffix
from drivers.scanner.wedge_keys import KeyReader

if TYPE_CHECKING:
    from drivers.scanner.wedge_layouts import Layout

_ENDS = {Suffix.TAB: b"\t", Suffix.LF: b"\n"}


class WedgeFramer:
    """Cuts key events into frames. Times are seconds of one clock; `opened_at` as for a `Framer`.

    Where the system lost events, the code under way is reported as half and its rest goes by.
    """

    def __init__(
        self,
        layout: Layout,
        suffix: Suffix = Suffix.CR,
        *,
        idle_flush_s: float | None = None,
        opened_at: float = 0.0,
    ) -> None:
        self._keys = KeyReader(layout)
        # Enter is one key: a scanner set to CR LF types Enter, and perhaps Ctrl+J, which is passed over as noise.
        self._suffix = Suffix.CR if suffix is Suffix.CRLF else suffix
        self._end = _ENDS.get(self._suffix, b"\r")
        self._idle_flush_s = idle_flush_s
        self._opened_at = opened_at
        self._framer = self._new_framer()
        self._skipping = False  # the rest of a code that lost its middle

    @property
    def deadline(self) -> float | None:
        """When `flush` should be called unless more keys come; None: there is nothing to wait for."""
        return self._framer.deadline

    def feed(self, data: bytes, now: float) -> list[Frame]:
        """Take events that are there at `now`; return the frames that are complete."""
        frames: list[Frame] = []
        for piece in self._keys.feed(data):
            if piece is None:
                frames += [] if self._skipping else [Frame(b"", FrameState.HALF)]
                self._framer = self._new_framer()
                self._framer.feed(b"?", now)  # what is skipped is ended by silence, too
                self._skipping = True
            else:
                frames += self._typed(piece, now)
        return frames

    def flush(self, now: float) -> list[Frame]:
        """Return what silence has ended by `now`."""
        deadline = self._framer.deadline
        frames = self._framer.flush(now)
        if self._skipping and deadline is not None and now >= deadline:
            self._skipping = False
            self._framer = self._new_framer()
            return []  # it was told when it began
        return frames

    def _typed(self, text: bytes, now: float) -> list[Frame]:
        if self._skipping:
            skipped, end, text = text.partition(self._end)
            if not end:
                self._framer.feed(skipped, now)
                return []
            self._skipping = False
            self._framer = self._new_framer()
        return self._framer.feed(text, now) if text else []

    def _new_framer(self) -> Framer:
        return Framer(self._suffix, idle_flush_s=self._idle_flush_s, opened_at=self._opened_at)
