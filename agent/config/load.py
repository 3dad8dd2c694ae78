"""Reading `stillopen.toml`: text, sections, and how they fit together, with everything wrong said at once."""

from __future__ import annotations

import os
import re
import tomllib
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from agent.config.cloud import read_clouds
from agent.config.crosscheck import crosscheck
from agent.config.findings import findings
from agent.config.problems import ConfigInvalid, ConfigMissing, ConfigProblem, Finding
from agent.config.sections import Config, File

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

CONFIG_BYTES_MAX = 1024 * 1024  # a store with a hundred tills needs 20 KB; more is the wrong file

_TABLES = ("store", "api", "line", "network", "backup", "shift", "staff", "permissions", "update")
_ARRAYS = ("till", "scanner", "printer", "drawer", "scale", "display", "tax", "cloud")
_AT_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


def load(path: Path, *, environ: Mapping[str, str] | None = None, need_secrets: bool = True) -> Config:
    """Read the configuration. Raises `ConfigInvalid` with every problem in it, or `ConfigMissing`.

    With `need_secrets=False` a cloud whose secret is not there has no settings, and that is no problem:
    for commands that talk to no cloud and may run in another environment than the service.
    """
    return of_text(_text(path), path, environ=environ, need_secrets=need_secrets)


def of_text(text: str, path: Path, *, environ: Mapping[str, str] | None = None, need_secrets: bool = True) -> Config:
    """Return the configuration that a text is at `path`, whatever stands there; otherwise as `load`."""
    environ = os.environ if environ is None else environ
    raw = _parsed(path, text)
    folder = path.parent
    clouds, wrong = read_clouds(raw, folder=folder, environ=environ, need_secrets=need_secrets)
    parsed, more = judged(raw, folder, known=wrong)
    wrong += more
    if wrong or parsed is None:
        raise ConfigInvalid(_placed(wrong, path, text, raw))
    return Config(
        file=path,
        store=parsed.store,
        api=parsed.api,
        tills=parsed.till,
        scanners=parsed.scanner,
        printers=parsed.printer,
        drawers=parsed.drawer,
        taxes=parsed.tax,
        clouds=tuple(clouds),
        backup=parsed.backup,
        line=parsed.line,
        network=parsed.network,
        shift=parsed.shift,
        staff=parsed.staff,
        permissions=parsed.permissions,
        update=parsed.update,
        scales=parsed.scale,
        displays=parsed.display,
    )


def read_toml(path: Path) -> tuple[str, dict[str, Any]]:
    """Return a file's text, and what it says. Raises `ConfigInvalid` where it is no TOML, or `ConfigMissing`."""
    text = _text(path)
    return text, _parsed(path, text)


def judged(raw: dict[str, Any], folder: Path, *, known: Sequence[Finding] = ()) -> tuple[File | None, list[Finding]]:
    """Return the sections of a parsed file but its clouds, and what is wrong in them beside what is `known`."""
    parsed: File | None = None
    wrong: list[Finding] = []
    try:
        parsed = File.model_validate(
            {key: value for key, value in raw.items() if key != "cloud"}, context={"folder": folder}
        )
    except ValidationError as error:
        wrong += findings(error, File, more_keys=("cloud",))
    told = {one.loc for one in (*known, *wrong)}
    return parsed, wrong + [one for one in crosscheck(raw, folder) if one.loc not in told]


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(CONFIG_BYTES_MAX + 1)
    except FileNotFoundError:
        raise ConfigMissing(
            [ConfigProblem(path, None, "", "no such file", "write one, or name another with --config FILE")]
        ) from None
    except IsADirectoryError:
        raise _whole_file(path, "a folder", f"name the file in it: --config {path / 'stillopen.toml'}") from None
    except OSError as error:
        raise _whole_file(
            path, f"it unreadable ({error.strerror})", "let the user the agent runs as read it"
        ) from error
    if len(content) > CONFIG_BYTES_MAX:
        raise _whole_file(path, f"more than {CONFIG_BYTES_MAX // 1024} KiB", "name the configuration file")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ConfigInvalid(
            [
                ConfigProblem(
                    path,
                    content.count(b"\n", 0, error.start) + 1,
                    "",
                    "bytes that are not UTF-8",
                    "save the file as UTF-8 (in Notepad: Save as, Encoding UTF-8)",
                )
            ]
        ) from error


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise _whole_file(path, "tables within tables without end", "write it as CONFIGURATION.md shows") from None
    except ValueError as error:  # TOMLDecodeError, or a number beyond Python's limits
        message = str(error)
        at = _AT_LINE.search(message)
        line = (int(at[1]) if at[1] else text.count("\n") + 1) if at else None
        words = message[: at.start()] if at else message
        cure = "mend this line: text stands in quotes, sections in [brackets]"
        if "\\" in message or "escape" in message.casefold():
            cure = "write Windows paths in single quotes: 'C:\\Shop\\logo.png'"
        elif "overwrite" in words or "declare" in words or "mutate" in words:
            cure = "write each key and section once; several devices or tills take [[double brackets]]"
        raise ConfigInvalid([ConfigProblem(path, line, "", f"what is not TOML ({words})", cure)]) from error


def _whole_file(path: Path, found: str, cure: str) -> ConfigInvalid:
    return ConfigInvalid([ConfigProblem(path, None, "", found, cure)])


def _placed(wrong: list[Finding], path: Path, text: str, raw: dict[str, Any]) -> list[ConfigProblem]:
    from agent.config.lines import key_lines, line_of  # its patterns take 5 ms, and a file in order has no use for them

    lines = key_lines(text)
    problems = [
        ConfigProblem(path, line_of(one.loc, lines), _key(one.loc, raw), one.found, one.fix, one.code) for one in wrong
    ]
    return sorted(problems, key=lambda problem: (problem.line or 0, problem.key))


def _key(loc: tuple[str | int, ...], raw: dict[str, Any]) -> str:
    """Write a location as a person reads the file: `[[till]] 2 "till-2" → printer`."""
    section, rest = str(loc[0]), loc[1:]
    value = raw.get(section)
    head = f"[[{section}]]" if section in _ARRAYS else f"[{section}]"
    if not rest:
        return head if section in _TABLES + _ARRAYS else section
    if isinstance(rest[0], int):
        head += f" {rest[0] + 1}"
        table = value[rest[0]] if isinstance(value, list) else {}
        name = next(
            (
                table[key]
                for key in ("id", "name", "code")
                if isinstance(table, dict) and isinstance(table.get(key), str)
            ),
            None,
        )
        if name is not None and name.isprintable():
            head += f' "{name[:40]}"'
        rest = rest[1:]
    return " → ".join([head, *(str(part + 1) if isinstance(part, int) else part for part in rest)])
