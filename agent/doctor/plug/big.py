"""A number large enough to be read on a photo, in characters that every terminal has."""

from __future__ import annotations

_GLYPHS = {  # five rows each, from the top
    "0": (" ### ", "#   #", "#   #", "#   #", " ### "),
    "1": ("  #  ", " ##  ", "  #  ", "  #  ", " ### "),
    "2": (" ### ", "#   #", "  ## ", " #   ", "#####"),
    "3": ("#### ", "    #", " ### ", "    #", "#### "),
    "4": ("#  # ", "#  # ", "#####", "   # ", "   # "),
    "5": ("#####", "#    ", "#### ", "    #", "#### "),
    "6": (" ### ", "#    ", "#### ", "#   #", " ### "),
    "7": ("#####", "    #", "   # ", "  #  ", "  #  "),
    "8": (" ### ", "#   #", " ### ", "#   #", " ### "),
    "9": (" ### ", "#   #", " ####", "    #", " ### "),
    ",": ("  ", "  ", "  ", " #", "# "),
}


def big(number: int) -> str:
    """Return the number as five lines of large digits."""
    glyphs = [_GLYPHS[character] for character in f"{number:,}"]
    return "\n".join("  ".join(rows).rstrip() for rows in zip(*glyphs, strict=True))
