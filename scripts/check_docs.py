"""What the documents owe the code: links that lead somewhere, and every key, command, route and event in them.

    python scripts/check_docs.py [ROOT]

Prints every finding with its next step and exits 1, or says how much was read and exits 0. The tables
(sections, commands, routes, events) are those of the installed code; ROOT (default: this checkout) is
where the documents are.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from scripts import command_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pydantic import BaseModel

    from agent.api.route import Route

WINGS = ("agent", "bench", "drivers", "outbox", "packaging", "scripts", "tests")
CLEAN_OF_PATHS = ("agent", "drivers", "outbox", "tests")
CONFIGURATION = "agent/CONFIGURATION.md"
COMMANDS = "agent/README.md"
API = "agent/api/README.md"
EVERYWHERE = {"--config", "--state"}  # every command has these, and the text above the table says so
SINGLE_TABLES = (
    "store",
    "api",
    "line",
    "network",
    "backup",
    "shift",
    "staff",
    "permissions",
    "update",
)  # the rest: arrays

_FENCE = re.compile(r"^( *)(```|~~~).*?^ *\2[^\n]*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_LINK = re.compile(r"(?<!\\)\[(?:[^\]\\]|\\.)*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_KEY_ROW = re.compile(r"^\|\s*`(\w+)`\s*\|", re.MULTILINE)
_COMMAND_ROW = re.compile(r"^\|\s*`stillopen ([^`]+)`.*$", re.MULTILINE)
_OPTION = re.compile(r"--[a-z][a-z-]*")
_SAID_COMMAND = re.compile(r"`(?:\.venv/bin/)?stillopen(?: --(?:config|state) \S+)* ([a-z]+)(?: ([a-z]+(?:-[a-z]+)*))?")
_SAID_ROUTE = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE) (/v1/[\w{}/.:-]*)")
# Where one person's or one build machine's files are; an example names /etc, /dev or C:\ProgramData instead.
_MACHINE_PATH = re.compile(
    r"(?<![\w.:/-])(?:/(?:work|farm|root|mnt)/\w|/(?:home|Users)/\w{2}|/tmp/\w+/)|C:\\+Users\\+\w"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong where, and what to do."""

    where: str
    what: str
    next: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}\n  next: {self.next}"


# --- links ---


def anchors(text: str) -> set[str]:
    """Return what a link may name after its #: every heading, as the forges write it."""
    seen: Counter[str] = Counter()
    found = set()
    for heading in _HEADING.findall(_FENCE.sub("", text)):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


def dead_links(root: Path, documents: Mapping[Path, str]) -> Iterator[Finding]:
    for path, text in documents.items():
        where = str(path.relative_to(root))
        for target in _LINK.findall(_CODE.sub("", _FENCE.sub("", text))):
            if _SCHEME.match(target):
                continue
            name, _, anchor = target.partition("#")
            led = (path.parent / name).resolve() if name else path
            if not led.is_relative_to(root) or not led.exists():
                yield Finding(where, f"the link to {target} leads nowhere", "name a file of this repository")
            elif anchor and led.suffix == ".md" and anchor not in anchors(led.read_text(encoding="utf-8")):
                yield Finding(where, f"the link to {target} names no heading of {led.name}", "name one of its headings")


# --- configuration ---


def config_sections() -> dict[str, set[str]]:
    """Return the keys by the heading that their table stands under."""
    from agent.config.sections import CloudHead, File
    from outbox.clouds import KINDS

    found: dict[str, set[str]] = {}
    for name, field in File.model_fields.items():
        single = name in SINGLE_TABLES
        model = cast("type[BaseModel]", (*get_args(field.annotation), field.annotation)[0])
        found[f"[{name}]" if single else f"[[{name}]]"] = set(model.model_fields)
    found["[[cloud]]"] = set(CloudHead.model_fields)
    for kind in KINDS.values():
        found[f'kind "{kind.name}"'] = set(kind.settings().model_fields)
    return found


def config_keys(text: str, sections: Mapping[str, set[str]]) -> Iterator[Finding]:
    parts = re.split(r"^#+ (.+)$", text, flags=re.MULTILINE)
    documented = {
        heading.replace("`", "").split(",")[0].strip(): set(_KEY_ROW.findall(body))
        for heading, body in zip(parts[1::2], parts[2::2], strict=True)
    }
    for heading, keys in sections.items():
        if heading not in documented:
            yield Finding(CONFIGURATION, f"{heading} is not there", "add the section with a row for each of its keys")
            continue
        for key in sorted(keys - documented[heading]):
            yield Finding(CONFIGURATION, f"{heading} has no row for {key}", f"add a row that begins | `{key}` |")
        for key in sorted(documented[heading] - keys):
            yield Finding(CONFIGURATION, f"{heading} has no key {key}", "take the row out, or rename it")


# --- commands ---


def commands() -> dict[str, set[str]]:
    """Return every command and subcommand with its long options, those that every command has left out."""
    return {
        name: {option for action in parser._actions for option in action.option_strings if option.startswith("--")}  # noqa: SLF001 - argparse has no public list of what was added
        - {"--help"}
        for name, parser in command_page.parsers().items()
    }


def command_table(text: str, known: Mapping[str, set[str]]) -> Iterator[Finding]:
    rows: dict[str, set[str]] = {}
    for row in _COMMAND_ROW.finditer(text):
        words = row[1].split()
        name = next((n for n in (" ".join(words[:2]), words[0]) if n in known), None)
        if name is None:
            yield Finding(COMMANDS, f"there is no command `stillopen {row[1]}`", "take the row out, or rename it")
            continue
        rows[name] = set(_OPTION.findall(row[0]))
    for name, options in known.items():
        if name not in rows:
            yield Finding(COMMANDS, f"{name} is not in the table", f"add a row that begins | `stillopen {name}` |")
            continue
        for option in sorted(options - rows[name]):
            yield Finding(COMMANDS, f"{name} has {option}, and its row does not", f"name {option} in the row")
        for option in sorted(rows[name] - options - EVERYWHERE):
            yield Finding(COMMANDS, f"{name} has no {option}", "take it out of the row")


def said_commands(root: Path, texts: Mapping[Path, str], known: Iterable[str]) -> Iterator[Finding]:
    """Find commands that a text tells the reader to run, and that are not there."""
    whole = set(known)
    first = {name.split()[0] for name in whole}
    for path, text in texts.items():
        for word, second in _SAID_COMMAND.findall(text):
            has_more = word in first and word not in whole
            if word not in first or (has_more and second and f"{word} {second}" not in whole):
                said = f"{word} {second}".strip()
                where = str(path.relative_to(root))
                yield Finding(
                    where, f"there is no command `stillopen {said}`", f"there are: {', '.join(sorted(first))}"
                )


# --- the local API ---


def api_page() -> str:
    """Return `/docs` as the agent serves it."""
    from agent.api import docs_page, openapi
    from agent.api.table import ROUTES

    return docs_page.html(ROUTES, openapi.document(ROUTES, "0"))


def api_names(page: str, routes: Iterable[Route], events: Iterable[str]) -> Iterator[Finding]:
    """Find routes and events that neither `/docs` nor the API's README names. `page` is both."""
    from agent.api.openapi import plain_path

    for route in routes:
        said = f"{route.method} {plain_path(route.path)}"
        if said not in page or not route.summary:
            yield Finding(API, f"{said} is not documented", "give the route a summary")
    for event in events:
        if f"<dt><code>{event}</code></dt>" not in page and f"| `{event}` |" not in page:
            yield Finding(API, f"the event {event} is not documented", "describe it in agent/api/docs_page.py")


def said_routes(root: Path, documents: Mapping[Path, str], routes: Iterable[Route]) -> Iterator[Finding]:
    """Find routes that a document names and that are not there."""
    patterns = [
        (route.method, re.compile(re.sub(r"\\\{\w+(:path)?\\\}", "[^/]+", re.escape(route.path).replace("\\:", ":"))))
        for route in routes
    ]
    for path, text in documents.items():
        for method, said in _SAID_ROUTE.findall(text):
            plain = said.rstrip(".:")
            if not any(method == known and pattern.fullmatch(plain) for known, pattern in patterns):
                where = str(path.relative_to(root))
                yield Finding(
                    where,
                    f"there is no route {method} {plain}",
                    "`ROUTES` in the files of agent/api are those there are",
                )


# --- folders and paths ---


def _folders(root: Path) -> Iterator[Path]:
    for wing in WINGS:
        for folder in (root / wing, *sorted((root / wing).rglob("*/"))):
            hidden = any(part.startswith((".", "__")) for part in folder.relative_to(root).parts)
            if folder.is_dir() and not hidden and any(each.is_file() for each in folder.iterdir()):
                yield folder


def readmes(root: Path) -> Iterator[Finding]:
    """Find folders with no README of their own and no line in that of a folder they are in."""
    for folder in _folders(root):
        if (folder / "README.md").exists():
            continue
        above = next((one for one in folder.parents if one != root and (one / "README.md").exists()), None)
        name = f"{folder.relative_to(root)}/"
        if above is not None and root in above.parents:
            room = f"{folder.relative_to(above).as_posix()}/"
            if room in (above / "README.md").read_text(encoding="utf-8"):
                continue
        yield Finding(name, "it has no README.md", "write one, or a line about it in the README of the folder it is in")


def machine_paths(root: Path, texts: Mapping[Path, str]) -> Iterator[Finding]:
    for path, text in texts.items():
        relative = path.relative_to(root)
        if relative.parts[0] not in CLEAN_OF_PATHS:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            found = _MACHINE_PATH.search(line)
            if found:
                yield Finding(
                    f"{relative}:{number}",
                    f"{line[found.start() :][:40].split()[0]!r} is a path of somebody's machine",
                    "use tmp_path in a test; elsewhere a path that every store has",
                )


# --- all of it ---


def _read(root: Path, *suffixes: str) -> dict[Path, str]:
    found = [*root.glob("*"), *(path for wing in WINGS for path in (root / wing).rglob("*"))]
    return {
        path: path.read_text(encoding="utf-8")
        for path in sorted(found)
        if path.is_file() and path.suffix in suffixes and "__pycache__" not in path.parts
    }


def _is_test(root: Path, path: Path) -> bool:
    """Say whether a text is code under tests/: it may hold commands that are not there, to see them refused."""
    return path.suffix != ".md" and path.relative_to(root).parts[0] == "tests"


def findings(root: Path) -> list[Finding]:
    """Return everything that is wrong with the documents under `root`."""
    from agent.api.table import ROUTES
    from agent.events import TYPES

    documents = _read(root, ".md")
    texts = documents | _read(root, ".py", ".js", ".html", ".css", ".toml", ".csv", ".sh")
    own = {path.relative_to(root).as_posix(): text for path, text in documents.items()}
    known = commands()
    found = [
        *dead_links(root, documents),
        *config_keys(own.get(CONFIGURATION, ""), config_sections()),
        *command_table(own.get(COMMANDS, ""), known),
        *(
            Finding(command_page.PAGE, what, then)
            for what, then in command_page.wrong(own.get(command_page.PAGE, ""), command_page.parsers())
        ),
        *said_commands(root, {path: text for path, text in texts.items() if not _is_test(root, path)}, known),
        *api_names(api_page() + own.get(API, ""), ROUTES, TYPES),
        *said_routes(root, documents, ROUTES),
        *readmes(root),
        *machine_paths(root, texts),
    ]
    return list(dict.fromkeys(found))


def main(arguments: list[str]) -> int:
    root = Path(arguments[0] if arguments else Path(__file__).parents[1]).resolve()
    found = findings(root)
    for one in found:
        print(one, file=sys.stderr)
    if found:
        print(f"\n{len(found)} findings in the documents", file=sys.stderr)
        return 1
    counts: dict[str, Any] = {"documents": len(_read(root, ".md")), "commands": len(commands())}
    print("The documents hold: " + ", ".join(f"{count} {what}" for what, count in counts.items()) + ".")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
