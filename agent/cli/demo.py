"""`stillopen demo`: the whole thing on simulated devices, with a small cloud whose line can be cut."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli import out

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from agent.app import App
    from agent.demo.world import World
    from agent.places import Places
    from agent.server import Server

USUAL_PORT = 8750
PORT_MAX = 65_535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("--port", type=_port, help=f"listen here (default: {USUAL_PORT}, or a free one if it is taken)")
    parser.add_argument("--no-browser", action="store_true", help="print the address and open no browser")


def run(args: argparse.Namespace, places: Places) -> int:
    """Run the demo until Ctrl-C. Only `--state` is kept; without it everything is in a temporary folder."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    with (
        contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError),
        _folder(places.state if args.state else None) as folder,
    ):
        asyncio.run(_demo(folder, args.port, kept=bool(args.state), browser=not args.no_browser))
    return out.OK


async def _demo(folder: Path, port: int | None, *, kept: bool, browser: bool) -> None:
    from agent.app import App
    from agent.config import load
    from agent.demo.world import World

    task = asyncio.current_task()
    assert task is not None
    with contextlib.suppress(NotImplementedError):  # Windows has no such signals for a console program
        for number in (signal.SIGTERM, signal.SIGHUP) if sys.platform != "win32" else ():
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    world = World(folder)
    try:
        app = App(load(await world.start()), folder, bench=world.bench)
        async with app:
            await _fill(app)
            server = await _serve(app, world, port)
            try:
                _tell(app, server, folder, kept=kept, browser=browser)
                await _until_ended(app)
            finally:
                await server.stop()
    finally:
        await world.stop()


async def _until_ended(app: App) -> None:
    """Wait for Ctrl-C, which cancels this, or for the agent to fail, which it has logged."""
    assert app.failed is not None
    try:
        await app.failed
    except Exception as error:
        raise out.CommandError(f"the agent had to stop: {error}", hint="the lines above say more") from error


async def _fill(app: App) -> None:
    from agent.demo import shop

    result = await app.catalogue.import_csv(
        shop.catalogue_csv(), currency=shop.CURRENCY, taxes={tax.code for tax in app.config.taxes}
    )
    assert result.ok, result.to_json()


async def _serve(app: App, world: World, port: int | None) -> Server:
    from agent.demo.routes import DemoRoutes
    from agent.server import AddressTaken, Server

    routes = DemoRoutes(world, app).routes()
    for wanted in (USUAL_PORT, 0) if port is None else (port,):
        server = Server(app, port=wanted, extra_routes=routes, demo=True)
        try:
            await server.start()
        except AddressTaken as error:
            if port is not None:
                raise out.CommandError(str(error), hint="leave --port away, or name another") from error
        else:
            return server
    raise out.CommandError("no port of this PC is free", hint="end a program that holds many, and try again")


def _tell(app: App, server: Server, folder: Path, *, kept: bool, browser: bool) -> None:
    address = f"{server.url}demo#pair={app.door.code.make('demo page')}"
    out.say("Stillopen demo: a till, simulated devices, and a cloud whose line you can cut.")
    out.say(f"  open      {address}")
    out.say(f"  state     {folder}" + ("" if kept else "  (removed at the end)"))
    out.say("  another browser needs a code of its own:")
    out.say(f'            stillopen pair --port {server.port} --config "{app.config.file}" --state "{folder}"')
    out.say("  end it with Ctrl-C")
    sys.stdout.flush()
    if browser and _has_screen():
        # A thread: some systems' openers only return when the browser is closed.
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def _has_screen() -> bool:
    """Without one, Linux would open a text browser in this very terminal."""
    return sys.platform in {"win32", "darwin"} or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@contextlib.contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    """Yield where the demo keeps its things: the folder asked for, or a temporary one that is removed."""
    if kept is not None:
        from agent.demo import shop

        if kept.exists() and any(kept.iterdir()) and not (kept / shop.SECRET_FILE).exists():
            raise out.CommandError(
                f"{kept} holds something else already, perhaps a store's journal",
                hint="give the demo a folder of its own: --state FOLDER",
                code=out.WRONG,
            )
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    made = Path(tempfile.mkdtemp(prefix="stillopen-demo-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _port(text: str) -> int:
    import argparse

    if text.isascii() and text.isdigit() and int(text) <= PORT_MAX:
        return int(text)
    raise argparse.ArgumentTypeError(f"a port is a number from 1 to {PORT_MAX}, not {text!r}")
