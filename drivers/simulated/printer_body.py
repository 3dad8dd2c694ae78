"""The body of a simulated printer: paper, cover, cutter, head, drawer, and what comes out. Knows no byte of a host."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from drivers.simulated.milestones import Milestones
from drivers.simulated.picture import Paper, draw
from drivers.simulated.picture_text import receipt_text
from drivers.simulated.printer_model import SETTINGS, Condition, DrawerKind, Model, Oddities, Receipt, in_force

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.simulated.printer_tokens import Token

SHEET_TOKENS_KEPT = 20_000  # some 10,000 lines; a host that never cuts must not fill the memory
RECEIPTS_KEPT = 200  # a demo's afternoon; a picture is drawn only when asked for


class PrinterBody:
    """Plain attributes are its switches; methods are what a person does.

    `on_event` hears `receipt`, `kick`, `drawer` and `status` as they happen.
    """

    settings = SETTINGS

    def __init__(self, model: Model | None = None, on_event: Callable[[str], None] | None = None) -> None:
        self.model = model or Model()
        self.oddities = Oddities()
        self.on_event = on_event
        self.milestones = Milestones()
        self.powered = True
        self.cover_open = False
        self.paper_out = False
        self.paper_low = False
        self.cutter_stuck = False
        self.jam_at_cut = False  # the next cut jams
        self.overheated = False
        self.held = False  # works nothing off, and says it is well: a very slow printer
        self.drawer = DrawerKind.NORMAL
        self.drawer_open = False
        self.kicks: list[int] = []  # the connector pins pulsed, in order
        self.cuts = 0
        self.receipts: deque[Receipt] = deque(maxlen=RECEIPTS_KEPT)
        self._sheet: deque[Token] = deque(maxlen=SHEET_TOKENS_KEPT)  # what hangs out of it, uncut
        self._before: tuple[Token, ...] = ()  # settings that were in force when the sheet began

    # --- what a person does ---

    def load_paper(self) -> None:
        """Put a new roll in: what waits in the buffer prints."""
        self.paper_out = self.paper_low = False
        self._changed()

    def run_out_of_paper(self) -> None:
        """Take the roll out."""
        self.paper_out = True
        self._changed()

    def set_paper_low(self) -> None:
        """Let the near-end sensor see the core of the roll."""
        self.paper_low = True
        self._changed()

    def open_cover(self) -> None:
        """Open the cover."""
        self.cover_open = True
        self._changed()

    def close_cover(self) -> None:
        """Close the cover."""
        self.cover_open = False
        self._changed()

    def set_cutter(self, *, stuck: bool) -> None:
        """Jam the cutter, or free it by hand; a host frees it by `DLE ENQ`."""
        self.cutter_stuck = stuck
        self._changed()

    def set_head(self, *, overheated: bool) -> None:
        """Let the head be too hot to print; it cools down by itself on a real one."""
        self.overheated = overheated
        self._changed()

    def close_drawer(self) -> None:
        """Push the drawer shut."""
        self.drawer_open = False
        self._changed("drawer")

    def open_drawer(self) -> None:
        """Open the drawer by its key."""
        self.drawer_open = True
        self._changed("drawer")

    def hang(self, drawer: DrawerKind) -> None:
        """Put another drawer on the connector."""
        self.drawer = drawer
        self._changed("drawer")

    def release(self) -> None:
        """Let a held printer go on."""
        self.held = False
        self._changed()

    def tear_off(self) -> None:
        """Tear off what hangs out uncut."""
        self._end_sheet()

    @property
    def uncut(self) -> Receipt:
        """What hangs out of it."""
        return Receipt(tuple(self._sheet), self._before)

    @property
    def offline(self) -> bool:
        """Whether it can print nothing now, and says so."""
        return self.cover_open or self.paper_out or self.cutter_stuck or self.overheated

    @property
    def condition(self) -> Condition:
        """How it is, as far as its status can say."""
        return Condition(
            self._pin_high,
            self.offline,
            self.cover_open,
            self.paper_out,
            self.paper_low,
            self.cutter_stuck,
            self.overheated,
        )

    def picture(self, receipt: Receipt | None = None) -> bytes:
        """Return a PNG of a receipt, or of what hangs out uncut."""
        shown = receipt or self.uncut
        return draw(self.as_escpos((*shown.before, *shown.tokens)), self._paper, cut=receipt is not None)

    def text(self, receipt: Receipt) -> str:
        """Return what stands on a receipt, as far as it is text."""
        return receipt_text(self.as_escpos((*receipt.before, *receipt.tokens)), self._paper)

    @property
    def _paper(self) -> Paper:
        return Paper(self.model.dots, self.model.columns, self.model.profile, chinese=self.model.chinese)

    def as_escpos(self, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
        """Return commands in the words that pictures are drawn from."""
        return tokens

    # --- what it does ---

    @property
    def _stopped(self) -> bool:
        return not self.powered or self.held or self.offline

    @property
    def _pin_high(self) -> bool:
        if self.drawer is DrawerKind.ABSENT:
            return True
        return self.drawer_open is (self.drawer is DrawerKind.REVERSED)

    def _cut(self, token: Token) -> None:
        self._sheet.append(token)
        self.cuts += 1
        stuck, self.jam_at_cut = self.jam_at_cut, False
        self._end_sheet(stuck=stuck)

    def _end_sheet(self, *, stuck: bool = False) -> None:
        receipt = self.uncut
        self.receipts.append(receipt)
        self._before = in_force((*receipt.before, *receipt.tokens), self.settings)
        self._sheet.clear()
        if stuck:
            self.set_cutter(stuck=True)
        self._happened("receipt")
        self.milestones.count_receipt()

    def _pulse(self, m: int) -> None:
        self.kicks.append(5 if m in (1, 0x31) else 2)
        self._happened("kick")
        if self.drawer in (DrawerKind.NORMAL, DrawerKind.REVERSED):
            self.open_drawer()

    def _changed(self, event: str = "status") -> None:
        """Something about its condition may have changed."""
        self._happened(event)

    def _happened(self, event: str) -> None:
        if self.on_event is not None:
            self.on_event(event)
