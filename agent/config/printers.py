"""Whether a printer's settings go together, and its files are what they should be: asked of the driver and the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.config.choices import DialectChoice, FenceChoice
from agent.config.problems import Finding, shown
from agent.config.tables import named
from drivers.printer.codepage_tables import CodePageTable
from drivers.printer.codepages import printer_profile
from drivers.printer.document import IMAGE_BYTES_MAX
from drivers.printer.settings import PrinterSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.config.problems import Loc

_PNG = b"\x89PNG\r\n\x1a\n"
_FONTS = (b"\0\1\0\0", b"OTTO", b"ttcf", b"true")  # OpenType 1.9, "Organization of an OpenType font"


def printers(raw: dict[str, Any], folder: Path) -> Iterator[Finding]:
    """Yield what does not fit in the `[[printer]]` sections. A logo's relative path starts from `folder`."""
    for loc, _ in named(raw, "printer", "name"):
        yield from _settings(loc[:2], raw["printer"][loc[1]])
    for loc, name in named(raw, "printer", "logo"):
        if name and "\0" not in name:
            yield from _logo(loc, folder / name)
    for loc, name in named(raw, "printer", "font_file"):
        if name and "\0" not in name:
            yield from _font_file(loc, folder / name)


def _settings(loc: Loc, table: dict[str, Any]) -> Iterator[Finding]:
    plain = PrinterSettings()
    profile = table.get("profile", plain.profile)
    page = table.get("code_page", plain.code_page)
    number = table.get("code_page_number")
    if not isinstance(profile, str) or not isinstance(page, str) or not isinstance(number, int | None):
        return  # the section itself says so
    try:
        speaks = DialectChoice(table.get("dialect", plain.speaks)).speaks
        fence = FenceChoice(table["fence"]).kind if "fence" in table else None
        numbered = CodePageTable(table["code_page_table"]) if "code_page_table" in table else None
    except ValueError:
        return  # so does it here
    settings = PrinterSettings(
        profile=profile,
        code_page=page,
        code_page_table=numbered,
        code_page_number=number,
        kanji_off=table.get("kanji_off") is True,
        fence=fence,
        speaks=speaks,
    )
    for key, value, ask in (
        ("profile", profile, lambda: printer_profile(profile)),
        ("profile", profile, settings.check_profile),
        ("fence", str(fence), settings.check_fence),
        ("code_page_table", str(numbered), settings.check_table),
        ("code_page", page, settings.page),
        ("kanji_off", settings.kanji_off, settings.dialect),
    ):
        try:
            ask()
        except ValueError as error:
            yield Finding((*loc, key), shown(value), str(error).replace(f"{value!r} is", "it is", 1))
            return  # the later ones rest on it


def _logo(loc: Loc, path: Path) -> Iterator[Finding]:
    try:
        with path.open("rb") as file:
            start = file.read(IMAGE_BYTES_MAX + 1)
    except OSError as error:
        cure = "write the path of a PNG picture; a relative one starts from this file's folder"
        yield Finding(loc, f"{path} unreadable ({error.strerror})", cure)
        return
    if not start.startswith(_PNG):
        yield Finding(loc, f"{path}, which is no PNG picture", "save the logo as PNG")
    elif len(start) > IMAGE_BYTES_MAX:
        cure = "scale the logo down to the paper's width"
        yield Finding(loc, f"{path}, over {IMAGE_BYTES_MAX // 1024} KiB", cure)


def _font_file(loc: Loc, path: Path) -> Iterator[Finding]:
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        cure = "write the path of a TrueType or OpenType font; a relative one starts from this file's folder"
        yield Finding(loc, f"{path} unreadable ({error.strerror})", cure)
        return
    if start not in _FONTS:
        yield Finding(loc, f"{path}, which is no TrueType or OpenType font", "name a .ttf, .otf or .ttc file")
