"""Every command as a store types it, with what it has to exit with: one table for the wheel, the package and the rig.

A line is what stands after `stillopen`. `{folder}` is a folder of the test's, `{config}` the configuration in it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

OK, FAILED, WRONG = 0, 1, 2  # DESIGN.md: ok; a check failed, or it is not there; wrong usage or configuration


@dataclass(frozen=True, slots=True)
class Line:
    """One line, how it exits, and a word of what it then says."""

    line: str
    code: int
    says: str


@dataclass(frozen=True, slots=True)
class Said:
    """How a line ended."""

    line: str
    code: int
    out: str
    err: str


# A store that sells: one record waits for the cloud `books`, which cannot be reached.
WHILE_IT_SELLS = (
    Line("check", OK, "is in order"),
    Line("check --json", OK, '"ok": true'),
    Line("config export", OK, "[store]"),
    Line("config import {config} --dry-run", OK, "says this already"),
    Line("config import {folder}/other.toml", FAILED, "next:"),  # not under an agent that runs
    Line("config import {folder}/other.toml --first", OK, "left as it is"),
    Line("setup --answers {config} --dry-run --json", OK, '"written": false'),
    Line("setup --answers {folder}/none.toml", WRONG, "no such file"),
    Line("devices --json", OK, '"devices"'),
    Line("devices --teach none", FAILED, "stillopen:"),
    Line("doctor --json", OK, '"checks"'),  # a line that is down is no fault of the store
    Line("catalogue import {folder}/items.csv --dry-run", OK, "1"),
    Line("catalogue import {folder}/items.csv", OK, "1"),
    Line("catalogue import {folder}/wrong.csv", FAILED, "price"),
    Line("catalogue search tea", OK, "TEA"),
    Line("catalogue search coffee", FAILED, ""),
    Line("catalogue show TEA", OK, "Tea"),
    Line("catalogue show NONE", FAILED, "NONE"),
    Line("outbox status --json", OK, '"waiting"'),
    Line("outbox list", OK, "books"),
    Line("outbox show 1", OK, "books"),
    Line("outbox show 999", FAILED, "there is no delivery 999"),
    Line("outbox retry 1", OK, "goes next"),
    Line("outbox retry 999", FAILED, "stillopen:"),
    Line("outbox matters", OK, "nothing"),
    Line("outbox settle 999 --reason seen", FAILED, "stillopen:"),
    Line("outbox export", OK, "receipt_number"),
    Line("journal verify", OK, "records hold"),
    Line("journal verify --anchor 0000-0000-0000", FAILED, "no record's hash begins"),
    Line("journal export", OK, "receipt_number"),
    Line("journal backup {folder}/copy.db", OK, "the copy verified"),
    Line("journal backup {folder}/copy.db", FAILED, "is there already"),
    Line("journal put-back --yes", FAILED, "next: stop it first"),
    Line("audit export", OK, ""),
    Line("reconcile", FAILED, "waiting"),  # it has not left the store
    Line("reconcile --json --all", FAILED, '"verdict": "waiting"'),
    Line("reconcile --day 2019-01-01", OK, "0 receipts"),
    Line("reconcile --day yesterday", WRONG, "is no day"),
    Line("reconcile --cloud none", WRONG, "there is no cloud 'none'"),
    Line("cloud connect none", WRONG, "there is no cloud 'none'"),
    Line("cloud check none", WRONG, "there is no cloud 'none'"),
    Line("cloud pull none", WRONG, "there is no cloud 'none'"),
    Line("cloud status none", WRONG, "there is no cloud 'none'"),
    Line("cloud status books", OK, "waiting"),
    Line("cloud disconnect none", WRONG, "there is no cloud 'none'"),
    Line("pair", OK, "It is good once."),
    Line("pair --list", OK, "paired"),
    Line("pair --revoke none", FAILED, "stillopen:"),
    Line("staff list", OK, "nobody is set up"),
    Line("staff pin Nobody", FAILED, "nobody called Nobody works here"),
    Line("bundle {folder}/bundle.zip", OK, "look through it"),
    Line("bundle {folder}/bundle.zip", FAILED, "is there already"),
    Line("update status", OK, ""),
    Line("update trial", FAILED, "there is no copy"),
    Line("update trial --fresh", OK, "sold on a copy of"),
    Line("update trial --clear", OK, ""),
    Line("service removable", FAILED, "records wait that no cloud has yet"),
    Line("service export {folder}/kept.jsonl", OK, "deliveries written"),
    Line("service export {folder}/kept.jsonl", FAILED, "is there already"),
    Line("service removable", OK, ""),
    Line("service follow", FAILED, "only the Windows setup lays a rule for browsers"),
)
# The same store with no agent: what reads goes on, what needs the agent says so.
WHILE_IT_RESTS = (
    Line("doctor", OK, "next:"),  # an agent that was not started is not a fault either
    Line("--config {folder}/wrong.toml doctor", FAILED, "FAILED"),
    Line("outbox retry 1", FAILED, "no agent answers"),
    Line("outbox settle 1 --reason seen", FAILED, "no agent answers"),
    Line("cloud status books", FAILED, "no agent answers"),
    Line("pair", FAILED, "no agent answers"),
    Line("staff list", FAILED, "no agent answers"),
    Line("devices --teach none", FAILED, "next:"),
    Line("journal verify --json", OK, '"ok": true'),
    Line("journal put-back", FAILED, "nothing was noted"),
    Line("journal put-back --yes --json", OK, '"noted": true'),
    Line("outbox status", OK, " waiting"),
    Line("reconcile --cloud books", FAILED, "waiting"),
    Line("catalogue search tea --json", OK, "TEA"),
    Line("bundle {folder}/resting.zip --json", OK, '"parts"'),
)
# A configuration that cannot be used.
WRONGLY_SET_UP = tuple(
    Line(f"--config {{folder}}/wrong.toml {line}", WRONG, "next:")
    for line in (
        "check",
        "run",
        "config export",
        "outbox retry 1",
        "cloud check books",
        "reconcile",
        "pair",
        "staff list",
    )
)
# Needs a service manager, and would change this PC: played in the rig alone.
OF_A_SERVICE = (
    Line("service status", OK, "active: Selling at"),
    Line("service install", FAILED, "the Debian package has installed the service already"),
    Line("service uninstall", FAILED, "next:"),
    Line("update check", FAILED, "no root of trust"),
    Line("update recover", OK, "nothing is half done"),
)
# In an installation that is no package's: it is not updated by itself.
IN_NO_PACKAGE = tuple(
    Line(f"update {what}", FAILED, "next:")
    for what in ("check", "stage", "stage --from {folder}", "apply", "back", "fetch", "work", "recover")
)
# Go on until they are ended: tried by whoever starts them.
FOR_EVER = ("demo", "run")

CONFIG = """\
[store]
id = "store-1"
name = "Corner Shop"
currency = "EUR"
timezone = "Europe/Berlin"
[[till]]
id = "till-1"
"""
BOOKS = """
[[cloud]]
name = "books"
kind = "webhook"
url = "https://127.0.0.1:9/records"
secret = {{ file = "{secret}" }}
"""
SECRET = "whsec_c3RpbGxvcGVuLXRlc3RzLXNlY3JldC0wMDAx"
ITEMS = "sku,name,price\nTEA,Tea,3.20\n"

# Runs in the installed program's own Python: each line by its own launcher, with nothing on its stdin.
DRIVER = """
import contextlib, io, json, runpy, sys
launcher, lines = json.load(sys.stdin)
said = []
for line in lines:
    sys.argv, sys.stdin = [launcher, *line], io.StringIO()
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = runpy.run_path(launcher, run_name="__main__") and 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    said.append([code, out.getvalue(), err.getvalue()])
json.dump(said, sys.stdout)
"""


def put_files(folder: Path, port: int) -> Path:
    """Write what the lines name; returns the configuration."""
    secret, config = folder / "secret", folder / "stillopen.toml"
    secret.write_text(SECRET, encoding="utf-8")
    api = f"[api]\nport = {port}\n"
    config.write_text(CONFIG + api + BOOKS.format(secret=secret.as_posix()), encoding="utf-8")
    (folder / "other.toml").write_text(CONFIG.replace("Corner", "Other") + api, encoding="utf-8")
    (folder / "wrong.toml").write_text("[store]\n", encoding="utf-8")
    (folder / "items.csv").write_text(ITEMS, encoding="utf-8")
    (folder / "wrong.csv").write_text("sku,name,price\nTEA,Tea,dear\n", encoding="utf-8")
    return config


def leaves() -> list[str]:
    """Return every command and subcommand there is."""
    from scripts.command_page import parsers

    return list(parsers())


def asked_for_help(names: Iterable[str]) -> list[Line]:
    """Return each command's --help, and each used wrongly."""
    found = []
    for name in names:
        found.append(Line(f"{name} --help", OK, f"usage: stillopen {name}"))
        found.append(Line(f"{name} --nonsense", WRONG, "usage: stillopen"))
    return found


def words(line: Line, places: Mapping[str, str]) -> list[str]:
    """Return what is typed, with the test's own places in it."""
    return [word.format(**places) for word in line.line.split()]


def run(
    python: str, launcher: Path, lines: Sequence[Line], places: Mapping[str, str], environ: Mapping[str, str]
) -> list[Said]:
    """Run each line by an installed launcher, all in one process of that installation."""
    typed = [words(line, places) for line in lines]
    done = subprocess.run(
        [python, "-I", "-c", DRIVER],
        input=json.dumps([str(launcher), typed]),
        cwd=places["folder"],
        env=dict(environ),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        start_new_session=True,  # no terminal to ask for a PIN
    )
    assert done.returncode == 0, done.stderr
    return [
        Said(" ".join(one), code, out, err)
        for one, (code, out, err) in zip(typed, json.loads(done.stdout), strict=True)
    ]


def judge(lines: Sequence[Line], said: Sequence[Said]) -> list[str]:
    """Return what did not end as it should, or said nothing of it."""
    return [
        f"`stillopen {one.line}` exits {one.code}, and should {line.code} with {line.says!r}:\n{one.out}{one.err}"
        for line, one in zip(lines, said, strict=True)
        if one.code != line.code or line.says not in one.out + one.err
    ]


def clean_environment(home: Path) -> dict[str, str]:
    """Return an environment with nothing of this one that the program could live on."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "SYSTEMROOT", "TEMP", "TMP"}}
    return kept | {"HOME": str(home), "USERPROFILE": str(home), "PYTHONUTF8": "1"}


PYTHON = os.path.realpath(sys.executable)  # the system's own, without this environment's packages
