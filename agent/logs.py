"""Where the agent's log goes and how it looks: lines for a person, or JSON objects for a program; files that rotate.

Every line passes the support bundle's redactor: whatever a library writes, no card number, no token and no address that
holds one gets as far as a disk.
"""

from __future__ import annotations

import logging
import logging.handlers
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from pathlib import Path

FORMATS = ("text", "json")
FILE_BYTES_MAX = 10 * 1024**2  # a month of a busy store
FILES_KEPT = 5
NOISY = ("aiosqlite", "httpx", "httpcore")  # what they say at DEBUG is bodies and URLs

_LINE = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


def set_up(level: str, *, form: str = "text", file: Path | None = None) -> None:
    """Log to stderr, or to a file that rotates. Raises `OSError` where the file cannot be written."""
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    if file is not None:
        for folder in (*reversed(file.parent.parents), file.parent):  # the state folder may be made by this
            folder.mkdir(exist_ok=True, mode=0o700)
        handler = logging.handlers.RotatingFileHandler(
            file, maxBytes=FILE_BYTES_MAX, backupCount=FILES_KEPT, encoding="utf-8", errors="backslashreplace"
        )
    handler.setFormatter(json_lines() if form == "json" else Guarded(logging.Formatter(_LINE)))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)


def json_lines() -> logging.Formatter:
    """Return what writes each record as one JSON object: `timestamp`, `level`, `logger`, `event`, `exception`."""
    import structlog  # a twentieth of the start; the lines for a person do without

    from agent.bundle.redact import Redactor

    redactor = Redactor()

    def redacted(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Take out what must not get to a disk while texts are texts: within JSON a quote looks otherwise."""
        for name in ("event", "exception"):
            if name in event:
                event[name] = redactor.text(str(event[name]))
        return event

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=False),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("event"),
            redacted,
            structlog.processors.JSONRenderer(sort_keys=True, ensure_ascii=False),
        ],
    )


class Guarded(logging.Formatter):
    """Takes out of what another formatter wrote whatever looks like a secret or a card's number."""

    def __init__(self, inner: logging.Formatter) -> None:
        from agent.bundle.redact import Redactor

        super().__init__()
        self._inner = inner
        self._redactor = Redactor()

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return self._redactor.text(self._inner.format(record))
