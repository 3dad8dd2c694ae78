"""A stand-in for a receipt printer, for anybody's program.

python -m drivers.simulated printer --tcp 127.0.0.1:9100 --paper receipts
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.errors import PortUnavailable
from drivers.printer.settings import DialectName
from drivers.simulated.program import Wanted, run
from drivers.simulated.script import ScriptInvalid, read_script, shipped_scripts
from drivers.simulated.switches import SWITCHES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivers.simulated.script import Step

OK, FAILED, WRONG = 0, 1, 2
PORT_MAX = 65_535
LOOPBACK = "127.0.0.1"
COLUMNS = {48: 576, 42: 512, 32: 384}  # characters of font A to dots

_SWITCHES = "\n".join(f"  {switch.name:10}{', '.join(switch.positions)}" for switch in SWITCHES.values())
_MORE = f"""\
While it runs it reads commands, one a line: a switch and a position, such as "paper out" or "power off";
"state" says how every switch stands, "tear" tears off what was not cut, "end" ends it, and so do Ctrl-C and the end
of its input.

switches, well in their first position:
{_SWITCHES}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; return 0, 1 where it could not listen or write, 2 for wrong usage or a wrong script."""
    args = _parser().parse_args(arguments)
    try:
        steps = _script(args.script) if args.script else ()
    except ScriptInvalid as error:
        return _complain(f"{args.script}: {error}", "mend it there", WRONG)
    except (OSError, UnicodeDecodeError) as error:
        hint = f"name a file, or one of: {', '.join(shipped_scripts())}"
        return _complain(f"the script {args.script} cannot be read: {error}", hint, WRONG)
    wanted = Wanted(
        tcp=args.tcp,
        link=args.link,
        dialect=DialectName(args.dialect),
        columns=args.columns,
        dots=COLUMNS[args.columns],
        paper=args.paper,
        steps=steps,
        commands=not args.no_commands,
    )
    try:
        with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
            asyncio.run(_until_ended(wanted))
    except PortUnavailable as error:
        return _complain(str(error), error.hint, FAILED)
    except OSError as error:
        return _complain(str(error), "name another port or folder, or end the program that has it", FAILED)
    return OK


async def _until_ended(wanted: Wanted) -> None:
    task = asyncio.current_task()
    assert task is not None
    with contextlib.suppress(NotImplementedError):  # Windows has no such signals for a console program
        for number in (signal.SIGTERM, signal.SIGHUP) if sys.platform != "win32" else ():
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await run(wanted)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m drivers.simulated", description=__doc__.split("\n", 1)[0])
    devices = parser.add_subparsers(title="devices", required=True, metavar="DEVICE")
    printer = devices.add_parser(
        "printer",
        help="a receipt printer with a cash drawer",
        epilog=_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    where = printer.add_mutually_exclusive_group(required=True)
    where.add_argument("--tcp", type=_address, metavar="[HOST:]PORT", help="listen here; port 0 takes a free one")
    where.add_argument("--pty", action="store_true", help="be a serial port (Linux)")
    printer.add_argument("--link", type=Path, help="with --pty: a name that stays while the serial port's changes")
    printer.add_argument(
        "--dialect", choices=list(DialectName), default=DialectName.ESCPOS, help="default: %(default)s"
    )
    printer.add_argument("--columns", type=int, choices=list(COLUMNS), default=48, help="of font A (default: 48)")
    printer.add_argument("--script", help=f"a file of steps, or one of: {', '.join(shipped_scripts())}")
    printer.add_argument("--paper", type=Path, metavar="DIR", help="write each receipt there, as a picture and as text")
    printer.add_argument("--no-commands", action="store_true", help="read no commands, and run until it is ended")
    return parser


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) <= PORT_MAX):
        raise argparse.ArgumentTypeError(f"a port is a number up to {PORT_MAX}, such as 127.0.0.1:9100; not {text!r}")
    return host.strip("[]") or LOOPBACK, int(port)


def _script(name: str) -> tuple[Step, ...]:
    shipped = shipped_scripts()
    return read_script(shipped[name] if name in shipped else Path(name).read_text(encoding="utf-8"))


def _complain(message: str, hint: str, code: int) -> int:
    sys.stderr.write(f"drivers.simulated: {message}\n  next: {hint}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
