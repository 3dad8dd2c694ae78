"""A scale: asked only while somebody looks, and a weight from it that stands still and is taken once."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from drivers.device import DeviceState
from drivers.errors import NotReady, NotWeighed
from drivers.scale.pan import Pan
from drivers.scale.protocol import ScaleProtocol
from drivers.scale.reading import State, Unit
from drivers.scale.session import Session
from drivers.scale.talk import talk_for
from drivers.scale.timing import DEFAULT_TIMING
from drivers.scale.why import LOST, SAME, SILENT, not_weighed
from drivers.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from drivers.device import DeviceListener, DeviceView
    from drivers.port import Port
    from drivers.scale.reading import Reading, Weight
    from drivers.scale.timing import ScaleTiming

UNANSWERED_MAX = 3  # questions in a row, after which the scale is called silent
_HOPELESS = {State.PARITY, State.WRONG_UNIT, State.REFUSED}  # waiting changes nothing; a person has to

log = logging.getLogger(__name__)


class Scale:
    """One supervised scale. `reading` is what it says now, None while nobody looks or it does not answer.

    `on_change` hears whenever `reading` or `silent` has changed.
    """

    def __init__(
        self,
        name: str,
        open_port: Callable[[], Awaitable[Port]],
        protocol: ScaleProtocol = ScaleProtocol.TOLEDO_8217,
        *,
        port: str = "",
        unit: Unit = Unit.KG,
        on_state: DeviceListener | None = None,
        on_change: Callable[[], None] | None = None,
        timing: ScaleTiming = DEFAULT_TIMING,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self.reading: Reading | None = None
        self.silent = False
        self._protocol = protocol
        self._unit = unit
        self._commands = talk_for(protocol, unit)  # asked for its commands only
        self._on_change = on_change
        self._timing = timing
        self._now = now
        self._sleep = sleep
        self._pan = Pan()
        self._watch_until = 0.0
        self._lookers = 0
        self._wanted = asyncio.Event()  # somebody looks, or goods that were weighed are watched
        self._ears: set[Callable[[Reading | None, Reading | None, float], None]] = set()
        self._session: Session | None = None
        self._supervisor = Supervisor(
            name, "scale", port, open_port=open_port, session=self._serve, on_state=on_state, sleep=sleep
        )

    @property
    def view(self) -> DeviceView:
        """The state of the connection to it."""
        return self._supervisor.view

    async def run(self) -> None:
        """Keep it connected until cancelled."""
        await self._supervisor.run()

    def nudge(self) -> None:
        """Try again now, where it waits to: something was plugged in."""
        self._supervisor.nudge()

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Have it asked again and again for as long as the block runs."""
        self._lookers += 1
        self._wanted.set()
        try:
            yield
        finally:
            self._lookers -= 1

    async def weigh(self, wait_s: float) -> Weight:
        """Wait for a weight that stands still and was not taken yet. Raises `NotWeighed`.

        Only what is said in answer to a question that was asked after the call counts.
        """
        if self.view.state is DeviceState.LOST:
            raise self._lost()
        began, last = self._now(), SILENT
        answers: asyncio.Queue[tuple[Reading | None, Reading | None]] = asyncio.Queue()

        def ear(reading: Reading | None, agreed: Reading | None, asked_at: float) -> None:
            if asked_at >= began:
                answers.put_nowait((reading, agreed))

        self._ears.add(ear)
        try:
            with self.looking():
                async with asyncio.timeout(wait_s):
                    while True:
                        reading, agreed = await answers.get()
                        last = last if reading is None else str(reading.state)
                        if agreed is not None and agreed.state in _HOPELESS:
                            break
                        if agreed is None or agreed.weight is None:
                            continue
                        if not self._pan.holds_taken(agreed.weight):
                            return agreed.weight
                        last = SAME
                        self._watch()  # whoever is told to lift it has to be seen doing so
        except TimeoutError:
            pass
        finally:
            self._ears.discard(ear)
        if last == SILENT and self.view.state is not DeviceState.READY:
            raise self._lost()
        # A weight that was there and did not last was in motion.
        raise not_weighed(self.name, State.MOTION if last == State.STABLE else last)

    def take(self, weight: Weight) -> None:
        """Remember that a weight is on a line now: it is not told again until the pan has changed."""
        self._pan.take(weight)
        self._watch()

    async def zero(self, wait_s: float) -> None:
        """Set it to zero; returns once it says that it is. Raises `NotReady`."""
        await self._press("zero", self._commands.zero, wait_s, lambda reading: reading.state is State.ZERO)

    async def tare(self, wait_s: float) -> None:
        """Take what lies on it for the container; returns once it says so. Raises `NotReady`."""
        await self._press("tare", self._commands.tare, wait_s, lambda reading: bool(reading.net))

    async def clear_tare(self, wait_s: float) -> None:
        """Forget the container; returns once it says so. Raises `NotReady`."""
        await self._press("clear tare", self._commands.clear, wait_s, lambda reading: reading.net is False)

    async def _press(self, what: str, command: bytes, wait_s: float, done: Callable[[Reading], bool]) -> None:
        if not command:
            raise NotReady(
                f"scale {self.name}: {self._protocol} has no command for {what}", hint="Use the key on the scale."
            )
        session = self._session
        if session is None:
            raise self._lost()
        last = SILENT
        try:
            async with asyncio.timeout(wait_s):
                answer = await session.tell(command)
                while answer is None or answer.state is not State.REFUSED:
                    reading = await session.ask()
                    last = last if reading is None else str(reading.state)
                    agreed = self._pan.see(reading)
                    if agreed is not None and done(agreed):
                        return
                    await self._sleep(self._timing.poll_s)
                last = str(State.REFUSED)
        except TimeoutError:
            pass
        raise NotReady(
            f"scale {self.name} did not take {what}: it says {last.replace('_', ' ')}",
            hint="Let it come to rest and press again, or use the key on the scale.",
        )

    def _watch(self) -> None:
        self._watch_until = self._now() + self._timing.watch_s
        self._wanted.set()

    def _lost(self) -> NotWeighed:
        view = self.view
        return NotWeighed(
            f"scale {self.name}: {view.error or 'not connected yet'}",
            hint=view.hint or "Look at its power and cable.",
            reason=LOST,
        )

    async def _serve(self, port: Port) -> None:
        session = Session(port, talk_for(self._protocol, self._unit), self._timing, now=self._now, sleep=self._sleep)
        self._session = session
        self._pan.see(None)  # what it said on an earlier connection agrees with nothing on this one
        tasks = [asyncio.create_task(session.read()), asyncio.create_task(self._poll(session))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._session = None
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._show(None, silent=False)

    async def _poll(self, session: Session) -> None:
        unanswered = 0
        while True:
            await self._wanted.wait()
            asked_at = self._now()
            reading = await session.ask()
            unanswered = 0 if reading is not None else unanswered + 1
            agreed = self._pan.see(reading)
            for ear in list(self._ears):
                ear(reading, agreed, asked_at)
            await self._sleep(self._timing.poll_s)
            if self._lookers or (self._pan.taken is not None and self._now() < self._watch_until):
                self._tell(reading, silent=unanswered >= UNANSWERED_MAX)
            else:
                self._wanted.clear()
                unanswered = 0
                self._show(None, silent=False)

    def _tell(self, reading: Reading | None, *, silent: bool) -> None:
        if reading is None and not silent:
            return  # one answer lost is nothing to show
        unchanged = reading is not None and reading.state is State.UNCHANGED and self.reading is not None
        self._show(self.reading if unchanged else reading, silent=silent)

    def _show(self, reading: Reading | None, *, silent: bool) -> None:
        if (reading, silent) == (self.reading, self.silent):
            return
        self.reading, self.silent = reading, silent
        if self._on_change is None:
            return
        try:
            self._on_change()
        except Exception:  # a listener's mistake is not the scale's
            log.exception("the listener of scale %s failed", self.name)
