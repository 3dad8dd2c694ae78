"""The lines of stillopen.toml for a device that was found. Pure."""

from __future__ import annotations

from drivers.detect.found import Found, Guess, Kind, Way

_NAMES = {Kind.SCANNER: "counter", Kind.PRINTER: "receipt", Kind.DRAWER: "drawer", Kind.SCALE: "scale"}


def lines(found: Found, guess: Guess) -> tuple[str, ...]:
    """Return the configuration for it; nothing where there is nothing to write."""
    if found.port is None or guess.kind in {Kind.CARD_READER, Kind.KEYBOARD}:
        return ()
    if guess.kind is Kind.SCALE and found.way is not Way.SERIAL:
        return ()
    if guess.kind in _NAMES:
        return _section(guess.kind, found.port)
    if found.way is not Way.SERIAL:
        return ()
    return (
        *_section(Kind.SCANNER, found.port),
        "# or, for a receipt printer",
        *_section(Kind.PRINTER, found.port),
        "# or, for a scale",
        *_section(Kind.SCALE, found.port),
        "# or, for a customer display",
        *_lines("display", "customer", found.port),
    )


def _section(kind: Kind, port: str) -> tuple[str, ...]:
    return _lines(kind, _NAMES[kind], port)


def _lines(section: str, name: str, port: str) -> tuple[str, ...]:
    quoted = port.replace("\\", "\\\\").replace('"', '\\"')  # a TOML basic string
    return (f"[[{section}]]", f'name = "{name}"', f'port = "{quoted}"')
