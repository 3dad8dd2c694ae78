"""What stands on a receipt as plain text, read from the commands a printer obeyed. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.printer.codepages import CodePage, code_page, page_numbered
from drivers.simulated.picture_codes import shown_text
from drivers.simulated.printer_model import RESET
from drivers.simulated.printer_tokens import TEXT

if TYPE_CHECKING:
    from drivers.simulated.picture import Paper
    from drivers.simulated.printer_tokens import Token

_FORM_B_MIN = 65  # `GS k` kinds from here on have a length, those below end in NUL
_QR_STORE = b"\x31\x50\x30"


def receipt_text(tokens: tuple[Token, ...], paper: Paper) -> str:  # noqa: C901 - one case a command
    """Return the lines, as far as the printer's code pages go; codes and pictures stand in brackets."""
    out: list[str] = []
    page: CodePage | None = code_page("cp437")
    chinese = paper.chinese
    for token in tokens:
        args = token.args
        match token.name:
            case name if name == TEXT:
                out.append(_characters(args, page, chinese=chinese))
            case b"\n":
                out.append("\n")
            case b"\x1bd":
                out.append("\n" * max(1, args[0]))
            case b"\x1bt":
                page = _page(args[0], paper.profile)
            case b"\x1c." | b"\x1c&":
                chinese = token.name == b"\x1c&"
            case name if name == RESET:
                page, chinese = code_page("cp437"), paper.chinese
            case b"\x1dk":
                content = args[2:] if args[0] >= _FORM_B_MIN else args[1:-1]
                out.append(f"[{shown_text(args[0], content)}]\n")
            case b"\x1d(k" if args[2:5] == _QR_STORE:
                out.append(f"[{args[5:].decode(errors='replace')}]\n")
            case b"\x1dv0":
                out.append("[picture]\n")
    return "".join(out).strip("\n") + "\n"


def _page(number: int, profile: str) -> CodePage | None:
    try:
        return page_numbered(number, profile)
    except ValueError:
        return None  # a page this printer has not


def _characters(raw: bytes, page: CodePage | None, *, chinese: bool) -> str:
    if chinese:
        return raw.decode("gb18030", errors="replace")
    return raw.decode("ascii", errors="replace") if page is None else page.decode(raw)
