"""`stillopen run`: the agent in the foreground, until it is told to stop. What the service runs."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent import logs
from agent.cli import out

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from agent.config import Config
    from agent.places import Places
    from agent.service.notify import Host
    from drivers.simulated.bench import Bench

LOG_LEVELS = ("debug", "info", "warning", "error")
_SIMULATED = "sim://"
_SOON = (  # what the first page, the first scan and the first receipt ask for
    "agent.listener",
    "agent.api.bodies",
    "agent.api.queries",
    "agent.receipt",
    "agent.gift_receipt",
    "agent.shift.paper",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("--port", type=int, metavar="N", help="listen here instead of where `[api] port` says")
    parser.add_argument("--log", choices=LOG_LEVELS, default="info", help="how much to log (default: info)")
    parser.add_argument(
        "--log-format", choices=logs.FORMATS, default="text", help="lines for a person, or JSON (default: text)"
    )
    parser.add_argument("--log-file", metavar="FILE", help="log here, not to stderr; five files of 10 MB are kept")


def run(args: argparse.Namespace, places: Places) -> int:
    """Sell until stopped. Exits 0 when asked to stop, 1 when it had to."""
    gc.disable()  # until it sells: what is made by then stays, and looking through it is a twentieth of the start
    try:
        return _run(args, places)
    finally:
        gc.enable()


def _run(args: argparse.Namespace, places: Places) -> int:
    try:
        logs.set_up(args.log, form=args.log_format, file=None if args.log_file is None else Path(args.log_file))
    except OSError as error:
        raise out.CommandError(
            f"{args.log_file} cannot be written: {error.strerror}", hint="name another file with --log-file"
        ) from error
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_sell(places, args.port))
    return out.OK


async def _sell(places: Places, port: int | None) -> None:
    """Sell until told to stop; where somebody set the store up, go on with its configuration as it is then."""
    from agent.config.in_force import in_order, taken_up
    from agent.service.notify import host

    stop, told = asyncio.Event(), host()
    on_signals(stop)
    told.listen(_from_a_thread(stop))
    config, again = in_order(places), True
    while again and not stop.is_set():
        again = await _serve(config, places, port, stop, told)
        if again:
            config = taken_up(config, places)


async def _serve(config: Config, places: Places, port: int | None, stop: asyncio.Event, told: Host) -> bool:
    """Sell until `stop` is set. Returns whether somebody asked to begin anew."""
    from agent.app import App
    from agent.server import AddressTaken, Server
    from agent.service.alive import give_signs, status_of
    from outbox.errors import OutboxError

    bench = simulated(config)
    try:
        app = App(config, places.state, bench=bench)
        app.setup.restarts = True
        async with app, Server(app, port=port) as server:
            out.say(f"Stillopen {app.version} sells at {server.url} (state: {places.state}). Stop it with Ctrl-C.")
            sys.stdout.flush()
            told.ready(status_of(app, server.url))
            signs = asyncio.create_task(
                give_signs(told, app.journal, lambda: status_of(app, server.url)), name="signs of life"
            )
            await _settle()
            stopped = asyncio.create_task(stop.wait(), name="told to stop")
            changed = asyncio.create_task(app.setup.again.wait(), name="told to begin anew")
            assert app.failed is not None
            ends: set[asyncio.Future[Any]] = {stopped, changed, app.failed}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            again = changed.done() and not stopped.done()
            for task in (stopped, changed, signs):
                task.cancel()
            if not again:
                told.stopping()
            if app.failed.done():
                raise out.CommandError(
                    f"the agent had to stop: {app.failed.exception()}", hint="the log says more; start it again"
                )
            return again
    except (OutboxError, AddressTaken) as error:
        raise out.CommandError(str(error), hint=error.hint) from error
    finally:
        if bench is not None:
            await bench.close()


async def _settle() -> None:
    """Do what selling need not wait for, before anyone comes to need it."""
    await asyncio.to_thread(lambda: [import_module(name) for name in _SOON])
    gc.collect()
    gc.freeze()  # what is there now stays: looking through it again would hold a sale up for 30 ms
    gc.enable()


def on_signals(stop: asyncio.Event) -> None:
    """Set `stop` when this process is told to end. To be called in the running loop."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows: the loop takes no signals, the interpreter does
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))


def _from_a_thread(stop: asyncio.Event) -> Callable[[], None]:
    """Return what sets `stop` from any thread. To be called in the running loop."""
    loop = asyncio.get_running_loop()

    def asked() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself meanwhile
            loop.call_soon_threadsafe(stop.set)

    return asked


def simulated(config: Config) -> Bench | None:
    """Return a bench with a device for every `sim://` port of the configuration, or None where there is none."""
    scanners = [scanner for scanner in config.scanners if scanner.port.startswith(_SIMULATED)]
    printers = [printer for printer in config.printers if printer.port.startswith(_SIMULATED)]
    if not scanners and not printers:
        return None
    from drivers.simulated.bench import Bench
    from drivers.simulated.scanner import SimulatedScanner
    from drivers.simulated.star import simulated_printer

    bench = Bench()
    for scanner in scanners:
        bench.add(scanner.port.removeprefix(_SIMULATED), SimulatedScanner())
    for printer in printers:
        bench.add(printer.port.removeprefix(_SIMULATED), simulated_printer(printer.settings.speaks, printer.columns))
    return bench
