"""The most that a long receipt holds of Python's memory: reads a short and a long one as JSON, says KiB and bytes.

The short one is rendered first, so that imports, the profile and fonts are there before. Pillow's own memory is not
counted: a line or a logo at a time.
"""

from __future__ import annotations

import json
import sys
import tracemalloc
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> None:
    short, long = json.load(sys.stdin)
    render = _ours(short, long) if sys.argv[1] == "ours" else _escpos()
    render(short)
    tracemalloc.start()
    said = render(long)
    _, most = tracemalloc.get_traced_memory()
    print(json.dumps([most / 1024, len(said)]))


def _ours(*receipts: list[Any]) -> Callable[[list[Any]], bytes]:
    from bench.receipt import rendered
    from drivers.printer.document import from_json
    from drivers.printer.settings import PrinterSettings

    documents = {id(receipt): from_json(receipt) for receipt in receipts}
    dialect = PrinterSettings().dialect()
    return lambda receipt: rendered(documents[id(receipt)], dialect)


def _escpos() -> Callable[[list[Any]], bytes]:
    from bench.escpos_peer import output, printer

    dummy = printer()
    return lambda receipt: output(dummy, receipt)


if __name__ == "__main__":
    main()
