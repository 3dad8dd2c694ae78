"""agent/COMMANDS.md: what each command takes is written into it from the commands' own parsers; the prose is ours.

    python scripts/command_page.py           writes the tables anew
    python scripts/command_page.py --check   looks only; both exit 1 where a command has no section, or no word in it

A command's section begins with its heading, `## stillopen NAME`; its table is the one that begins with TABLE.
scripts/check_docs.py looks at the same.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PAGE = "agent/COMMANDS.md"
TABLE = "| takes | |\n| --- | --- |\n"
NOTHING = "It takes nothing of its own.\n"
_SECTION = re.compile(r"^## `stillopen ([a-z -]+)`$", re.MULTILINE)
_TABLE = re.compile(rf"^(?:{re.escape(TABLE)}(?:\|.*\n)*|{re.escape(NOTHING)})", re.MULTILINE)


def parsers() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of every command and subcommand, by its words after `stillopen`."""
    from agent.cli import COMMANDS

    found: dict[str, argparse.ArgumentParser] = {}
    for command in COMMANDS.values():
        parser = argparse.ArgumentParser()
        command.module().add_arguments(parser)
        found |= _leaves(command.name, parser)
    return found


def _leaves(name: str, parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    found: dict[str, argparse.ArgumentParser] = {}
    for action in parser._actions:  # noqa: SLF001 - argparse has no public list of what was added
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - likewise
            for word, inner in action.choices.items():
                found |= _leaves(f"{name} {word}", inner)
    return found or {name: parser}


def table(parser: argparse.ArgumentParser) -> str:
    """Return what a command takes: a row for each argument and option, in the order of its --help."""
    rows = [f"| `{_called(action)}` | {_said(action)} |\n" for action in _taken(parser)]
    return TABLE + "".join(rows) if rows else NOTHING


def _taken(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    actions = parser._actions  # noqa: SLF001 - argparse has no public list of what was added
    return [action for action in actions if "--help" not in action.option_strings]


def _said(action: argparse.Action) -> str:
    needed = "; needed" if action.option_strings and action.required else ""
    return (action.help or "").replace("|", "&#124;") + needed


def _called(action: argparse.Action) -> str:
    takes = "" if action.nargs == 0 else str(action.metavar or "{" + ",".join(map(str, action.choices or ())) + "}")
    if not action.option_strings:
        many = " ..." if action.nargs == "+" else ""
        return f"[{takes}]" if action.nargs == "?" else takes + many
    if takes == "{}":  # argparse's own word for it
        takes = action.dest.upper()
    return f"{action.option_strings[0]} {takes}".rstrip()


def sections(page: str) -> dict[str, str]:
    """Return each command's section, with its heading left out."""
    parts = _SECTION.split(page)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def renewed(page: str, known: Mapping[str, argparse.ArgumentParser]) -> str:
    """Return the page with the table of every command that has a section."""
    parts = _SECTION.split(page)
    for at in range(1, len(parts), 2):
        if parts[at] in known:
            parts[at + 1] = _with_table(parts[at + 1], table(known[parts[at]]))
        parts[at] = f"## `stillopen {parts[at]}`"
    return "".join(parts)


def _with_table(section: str, rows: str) -> str:
    if _TABLE.search(section):
        return _TABLE.sub(lambda _: rows, section, count=1)
    return f"{section.rstrip()}\n\n{rows}\n"


def wrong(page: str, known: Mapping[str, argparse.ArgumentParser]) -> Iterator[tuple[str, str]]:
    """Find what is wrong with the page, each with what to do."""
    written = sections(page)
    for name, parser in known.items():
        if name not in written:
            yield f"{name} has no section", f"write one that begins ## `stillopen {name}`, then scripts/command_page.py"
        elif table(parser) not in written[name]:
            yield f"what {name} takes is not what its parser says", "run python scripts/command_page.py"
        elif any(not action.help for action in _taken(parser)):
            yield f"{name} takes what its --help says nothing of", "give each argument its help"
        elif not _TABLE.sub("", written[name]).strip():
            yield f"{name} has a table and no word about it", "say what it is for, and when it exits 1"
    for name in written:
        if name not in known:
            yield f"there is no command `stillopen {name}`", "take its section out, or rename it"


def main(words: list[str]) -> int:
    """Write the tables, or look at them."""
    page = Path(__file__).parents[1] / PAGE
    text, known = page.read_text(encoding="utf-8"), parsers()
    if words != ["--check"]:
        text = renewed(text, known)
        page.write_text(text, encoding="utf-8")
    found = list(wrong(text, known))
    for what, then in found:
        print(f"{PAGE}: {what}\n  next: {then}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
