"""The devices of this store, made from the configuration, each supervised in a task of its own."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from agent.configured_ports import configured_ports
from agent.device_views import as_json, drawer_as_json, printer_as_json, scale_as_json
from agent.displays import Displays
from agent.drawers import Drawers
from agent.printer_memory import PrinterMemory
from agent.problem import conflict, not_found
from agent.scales import Scales
from agent.tones import Tones
from agent.traces import Traces
from drivers.detect.watch import watch
from drivers.device import DeviceState, DeviceView
from drivers.ports import open_port
from drivers.printer.document import Align, CodePages, Cut, Document, Feed, Rule, Text
from drivers.printer.printer import Printer
from drivers.scanner.code_ids import CodeIds
from drivers.scanner.embedded import parse_template
from drivers.scanner.scanner import Scanner
from drivers.scanner.wedge_layouts import LAYOUTS
from drivers.traced import TracedPort
from outbox.answers import Reply
from outbox.money import decimals

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Sequence
    from pathlib import Path

    from agent.closing import Closing
    from agent.config import Config
    from agent.events import Events
    from agent.prints import Prints
    from agent.staff.by import By
    from drivers.drawer import Position
    from drivers.port import Port
    from drivers.scanner.embedded import Template
    from drivers.scanner.scan import Refusal, Scan
    from drivers.simulated.bench import Bench

_UNTRACED = ("evdev:", "spool:")  # a keyboard's wire would hold what was typed; a queue has none


class Devices:
    """Scanners, printers, drawers, scales and displays by name."""

    def __init__(
        self,
        config: Config,
        state: Path,
        events: Events,
        *,
        bench: Bench | None,
        on_scan: Callable[[str, Scan | Refusal], None],
        on_ready: Callable[[str], None],
    ) -> None:
        self._config = config
        self._events = events
        self._bench = bench
        self._on_scan = on_scan
        self._on_ready = on_ready
        self._ports = configured_ports(config)
        self._traces = Traces()
        self._looking = asyncio.Lock()
        self._templates = {
            scanner.name: tuple(parse_template(text) for text in scanner.templates) for scanner in config.scanners
        }
        self.scanners = {
            scanner.name: Scanner(
                scanner.name,
                partial(self._open, scanner.port),
                partial(self._scanned, scanner.name, scanner.port),
                port=scanner.port,
                on_state=self._changed,
                templates=self._templates[scanner.name],
                code_ids=scanner.code_ids,
                suffix=scanner.suffix,
                duplicate_window_ms=scanner.duplicate_window_ms,
                price_decimals=decimals(config.store.currency),
                keyboard=LAYOUTS[scanner.keyboard] if scanner.port.startswith("evdev:") else None,
                family=scanner.family,
            )
            for scanner in config.scanners
        }
        self.tones = Tones(config, self.scanners)
        self._printer_memory = PrinterMemory(state)
        fed = {display.printer for display in config.displays}
        self.printers = {
            printer.name: Printer(
                printer.name,
                partial(self._open, printer.port),
                replace(printer.settings, feeds_display=printer.name in fed),
                self._changed,
                partial(self._printer_says, printer.name),
                port=printer.port,
                memory=self._printer_memory.of(printer.name),
            )
            for printer in config.printers
        }
        self._drawers = Drawers(
            config,
            state,
            self.printers,
            events,
            open_port=self._open,
            on_state=self._drawer_changed,
            on_change=self._drawer_says,
        )
        self.drawers = self._drawers.by_name
        self.scales = Scales(config, open_port=self._open, on_state=self._scale_changed, on_change=self._scale_says)
        self.displays = Displays(config, printers=self.printers, open_port=self._open, on_state=self._changed)

    @property
    def kinds(self) -> dict[str, str]:
        """Return what each device is, by name: `scanner`, `printer`, `drawer`, `scale` or `display`."""
        return {view["name"]: view["kind"] for view in self.views()}

    def templates(self, scanner: str | None) -> Sequence[Template]:
        """Return the store-internal code templates of a scanner; none for None."""
        return self._templates.get(scanner or "", ())

    def code_ids(self, scanner: str | None) -> CodeIds:
        """Return whose code identifiers a scanner sends."""
        return next((found.code_ids for found in self._config.scanners if found.name == scanner), CodeIds.AIM)

    def tasks(self) -> Iterator[tuple[str, Coroutine[Any, Any, None]]]:
        """Yield what is to run, with its name."""
        for name, scanner in self.scanners.items():
            yield f"scanner {name}", scanner.run()
        yield from self.tones.tasks()
        for name, printer in self.printers.items():
            yield f"printer {name}", printer.run()
        for name, drawer in self.drawers.items():
            yield f"drawer {name}", drawer.run()
        for name, scale in self.scales.by_name.items():
            yield f"scale {name}", scale.run()
        yield from self.displays.tasks()
        if not all(port.startswith("sim:") for port in self._ports.values()):
            yield "plugs", watch(self._plugged)

    def views(self) -> list[dict[str, Any]]:
        """Return every device as JSON values: its state, and what it says of itself (null: it does not say)."""
        return [
            *(as_json(scanner.view) | {"counts": asdict(scanner.counts)} for scanner in self.scanners.values()),
            *(printer_as_json(printer) for printer in self.printers.values()),
            *(drawer_as_json(drawer) for drawer in self.drawers.values()),
            *(scale_as_json(scale) for scale in self.scales.by_name.values()),
            *(as_json(display.view) for display in self.displays.by_name.values()),
        ]

    async def test(self, name: str, prints: Prints, closing: Callable[[str], Closing], by: By) -> Reply:
        """Print a test receipt, open a drawer, or say how to try a scanner. Raises `Problem`.

        `closing` is a till's: where it trains, an opening is on training's paper.
        """
        if name in self.printers:
            return await prints.queue(name, _test_document(name, self.printers[name].view.port))
        if name in self.drawers:
            for till in self._config.tills:
                if till.drawer == name:
                    return await closing(till.id).no_sale(till.id, "test of the drawer", key=None, by=by)
            raise conflict("drawer-unused", f"No till uses drawer {name}: name it in a [[till]] of stillopen.toml.")
        if name in self.scanners:
            scanner = self.scanners[name]
            if scanner.view.state is not DeviceState.READY:
                what = scanner.view.error or "not connected yet"
                what_now = scanner.view.hint or "Look at its cable and power, and try again in a moment."
                raise conflict("device-lost", f"Scanner {name}: {what}. {what_now}")
            return Reply(200, as_json(scanner.view) | {"next": "Scan something: /v1/events tells what was read."})
        if name in self.scales.by_name:
            return await self.scales.test(name)
        if name in self.displays.by_name:
            return Reply(200, self.displays.test(name))
        raise self._no_such(name)

    def must_have(self, name: str) -> None:
        """Raise `Problem` unless there is such a device."""
        if name not in self.kinds:
            raise self._no_such(name)

    def recall(self) -> None:
        """Take up what drawers were taught and printers answered; at a start, once the state folder is there."""
        self._printer_memory.recall()
        self._drawers.recall()

    async def teach(self, name: str, is_now: Position) -> Reply:
        """Teach a drawer, which is open or closed now, what its switch says then. Raises `Problem`."""
        if name not in self.drawers:
            known = ", ".join(self.drawers) or "none"
            raise not_found("device", f"There is no drawer {name!r}; the configuration has: {known}.")
        return await self._drawers.teach(name, is_now)

    async def found(self) -> dict[str, Any]:
        """Return what is plugged in, and which device of the configuration each is."""
        from agent.plugged import plugged  # twenty modules look at this PC's buses: not before somebody asks

        async with self._looking:  # a page that asks twice a second shall not make two looks of it
            return await asyncio.to_thread(plugged, self._ports)

    def trace(self, name: str, *, turn: bool | None = None) -> dict[str, Any]:
        """Return what goes over a device's wire; `turn` begins or ends that. Raises `Problem`."""
        port = self._ports.get(name)
        if port is None or port.startswith(_UNTRACED):
            traced = ", ".join(name for name, port in self._ports.items() if not port.startswith(_UNTRACED)) or "none"
            raise not_found(
                "device",
                f"There is no wire of a device {name!r} to look at: a keyboard's and a print queue's cannot be seen, "
                f"and a drawer's on a printer is the printer's. These can: {traced}.",
            )
        if turn is not None:
            self._traces.turn(port, on=turn)
        return self._traces.view(port) | {"device": name}

    async def _open(self, url: str) -> Port:
        port = await open_port(url, bench=self._bench)
        return port if url.startswith(_UNTRACED) else TracedPort(port, partial(self._traces.see, url))

    def _scanned(self, name: str, port: str, outcome: Scan | Refusal) -> None:
        self._traces.scanned(port, outcome)
        self._on_scan(name, outcome)

    def _plugged(self) -> None:
        """Something was plugged in or pulled out: whoever waits tries again now."""
        for scanner in self.scanners.values():
            scanner.nudge()
        for printer in self.printers.values():
            printer.nudge()
        for drawer in self.drawers.values():
            drawer.nudge()
        for scale in self.scales.by_name.values():
            scale.nudge()
        for display in self.displays.by_name.values():
            display.nudge()

    def _no_such(self, name: str) -> Exception:
        return not_found(
            "device", f"There is no device {name!r}; the configuration has: {', '.join(self.kinds) or 'none'}."
        )

    def _changed(self, view: DeviceView) -> None:
        self._events.publish("device", device=as_json(view))
        if view.name in self.printers:
            self._drawers.look(view.name)  # what it said while it was being opened is known only now
        if view.state is DeviceState.READY:
            self._on_ready(view.name)

    def _printer_says(self, name: str, _status: object) -> None:
        self._events.publish("device", device=printer_as_json(self.printers[name]))
        self._on_ready(name)  # whatever has changed, a waiting job may look again
        self._drawers.look(name)

    def _drawer_changed(self, view: DeviceView) -> None:
        self._drawer_says(view.name)

    def _scale_changed(self, view: DeviceView) -> None:
        self._scale_says(view.name)

    def _scale_says(self, name: str) -> None:
        self._events.publish("device", device=scale_as_json(self.scales.by_name[name]))

    def _drawer_says(self, name: str) -> None:
        self._events.publish("device", device=drawer_as_json(self.drawers[name]))


def _test_document(name: str, port: str) -> Document:
    return Document(
        (
            Text("Stillopen", align=Align.CENTER, bold=True, width=2, height=2),
            Text(f"Test of printer {name}", align=Align.CENTER),
            Text(port, align=Align.CENTER),
            Rule(),
            Text("ÄÖÜ äöü ß é à ç ñ € £ 0123456789"),
            Rule(),
            CodePages(),
            Rule(),
            Feed(1),
            Cut(),
        )
    )
