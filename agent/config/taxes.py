"""What `[[tax]]` sections cannot say by their fields alone: a rate of their own, or the taxes they are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.config.problems import Finding, did_you_mean, shown
from agent.config.tables import named

if TYPE_CHECKING:
    from collections.abc import Iterator

_OF_A_RATE = ("included", "compound")  # what a section with parts leaves to them


def taxes(raw: dict[str, Any]) -> Iterator[Finding]:
    """Yield what does not fit in these sections."""
    tables = raw.get("tax")
    sections = tables if isinstance(tables, list) else []
    groups = {section.get("code") for section in sections if isinstance(section, dict) and "parts" in section}
    single = [code for _, code in named(raw, "tax", "code") if code not in groups]
    for index, section in enumerate(sections):
        if isinstance(section, dict):
            yield from _section(index, section, single)


def _section(index: int, section: dict[str, Any], single: list[str]) -> Iterator[Finding]:
    parts = section.get("parts")
    if parts is None:
        if "rate" not in section:
            yield Finding(
                ("tax", index, "rate"),
                "nothing",
                'write it, like rate = "19", or parts = [...] with the codes of others',
            )
        return
    for key in ("rate", *_OF_A_RATE):
        if key in section:
            yield Finding(("tax", index, key), f"{key} beside parts", "leave it out here: each part has its own")
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, str) and part not in single:
            yield Finding(
                ("tax", index, "parts"),
                f"{shown(part)}, the code of no tax with a rate",
                f"{did_you_mean(part, single)}write the codes of [[tax]] sections that have a rate",
            )
    if isinstance(parts, list) and len({str(part) for part in parts}) < len(parts):
        yield Finding(("tax", index, "parts"), "a tax twice", "name each part once")
