"""The first receipt of a fresh process, imports and all: reads the receipt as JSON, says milliseconds and bytes."""

from __future__ import annotations

import json
import sys
import time


def main() -> None:
    ours = sys.argv[1] == "ours"
    receipt = json.load(sys.stdin)
    started = time.perf_counter()
    if ours:
        from bench.receipt import rendered
        from drivers.printer.document import from_json
        from drivers.printer.settings import PrinterSettings

        said = rendered(from_json(receipt), PrinterSettings().dialect())
    else:
        from bench.escpos_peer import output, printer

        said = output(printer(), receipt)
    print(json.dumps([(time.perf_counter() - started) * 1e3, len(said)]))


if __name__ == "__main__":
    main()
