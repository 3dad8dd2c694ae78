"""What a visitor does to the demo's printer: its switches one by one, or a script that works them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from agent.demo import shop
from agent.problem import invalid
from drivers.simulated.cable import Cable
from drivers.simulated.script import play, read_script, shipped_scripts
from drivers.simulated.switches import SWITCHES, Counter, make_well, positions, read_command

if TYPE_CHECKING:
    from drivers.simulated.bench import Bench
    from drivers.simulated.printer import SimulatedPrinter


class Faults:
    """The switches of a printer, the cable to it, and the script that is playing."""

    def __init__(self, printer: SimulatedPrinter, bench: Bench) -> None:
        self.cable = Cable(printer, self.look)
        self._counter = Counter(printer, self.cable)
        self._bench = bench
        self._script: str | None = None
        self._playing: asyncio.Task[None] | None = None

    def view(self) -> dict[str, Any]:
        """Return how every switch stands, what is playing, and how many bytes wait in the printer."""
        waiting = self._counter.machine.buffered
        return {"switches": positions(self._counter), "script": self._script, "waiting_bytes": waiting}

    @staticmethod
    def choice() -> dict[str, Any]:
        """Return the switches with their positions, well first, and the scripts."""
        return {
            "switches": {name: list(switch.positions) for name, switch in SWITCHES.items()},
            "scripts": list(shipped_scripts()),
        }

    def put(self, text: str) -> None:
        """Put a switch into a position: `paper out`. Raises `Problem`."""
        try:
            command = read_command(text)
        except ValueError as error:
            raise invalid("switch", f"{error}.") from None
        command.do(self._counter)

    async def play(self, name: str | None) -> None:
        """Play a script in place of the one that plays; None only stops it. Raises `Problem`."""
        scripts = shipped_scripts()
        if name is not None and name not in scripts:
            raise invalid("script", f"There is no such script: use one of {', '.join(scripts)}, or null to stop.")
        await self.stop()
        if name is not None:
            self._script = name
            self._playing = asyncio.create_task(self._play(scripts[name]), name=f"script {name}")

    async def make_well(self) -> None:
        """Stop the script and put every switch back."""
        await self.stop()
        make_well(self._counter)

    async def stop(self) -> None:
        """Stop the script that plays. May be called when none does."""
        self._script = None
        if self._playing is not None:
            playing = self._playing
            playing.cancel()
            await asyncio.wait({playing})  # unlike awaiting it, this does not mistake our own end for its end
            self._playing = None
            if not playing.cancelled():
                playing.result()

    def look(self) -> None:
        """Let the bench have the printer where it has power and a cable, and nowhere else."""
        if self._counter.machine.powered and self.cable.plugged:
            self._bench.plug(shop.PRINTER)
        else:
            self._bench.unplug(shop.PRINTER)

    async def _play(self, text: str) -> None:
        await play(read_script(text), self._counter)
        self._script = None
