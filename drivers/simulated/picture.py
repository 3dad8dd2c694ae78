"""The paper as a picture, drawn from the very commands a printer obeyed."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.simulated.picture_codes import bars, qr_modules, shown_text
from drivers.simulated.picture_glyphs import INK, PAPER, glyph_dots
from drivers.simulated.picture_pages import numbered_page, power_on_page

if TYPE_CHECKING:
    from PIL import Image

    from drivers.simulated.printer_tokens import Token

CELL = (12, 24)  # dots of font A
CELL_B = (9, 17)
LINE_SPACING = 30  # dots; what `ESC 2` sets
CUTTER_DOTS = 90  # from the head to the cutter
MARGIN = 32  # dots of paper beside the print area
TOOTH = 8  # dots of the torn edge's zigzag
ROWS_MAX = 20_000  # 2.5 m of paper: a runaway feed must not fill the memory
TABLE = 208  # the grey the paper lies on
_QR_LEVELS = {0x30: "L", 0x31: "M", 0x32: "Q", 0x33: "H"}


@dataclass(frozen=True, slots=True)
class Paper:
    """What the commands leave open: the width, and how this printer numbers its code pages."""

    dots: int
    columns: int
    profile: str = "default"
    chinese: bool = False


def draw(tokens: tuple[Token, ...], paper: Paper, *, cut: bool = True) -> bytes:
    """Return a PNG of what these commands print, torn off below where `cut`."""
    press = _Press(paper)
    for token in tokens:
        press.obey(token)
    return _png(press.finish(), cut=cut)


class _Press:
    """A print head over a growing strip of paper."""

    def __init__(self, paper: Paper) -> None:
        from PIL import Image

        self._image = Image
        self._paper = paper
        self._strips: list[tuple[int, Image.Image]] = []  # row, dots
        self._y = 0
        self._line: list[Image.Image] = []
        self._reset()
        self._chinese = paper.chinese
        self._qr = b""
        self._graphics: Image.Image | None = None

    def _reset(self) -> None:
        self._read = power_on_page()
        self._align = 0
        self._bold = self._inverted = self._underlined = False
        self._scale = (1, 1)
        self._font_b = False
        self._spacing = LINE_SPACING
        self._height, self._module, self._text_below = 162, 3, 0
        self._qr_size, self._qr_level = 3, "L"
        self._line.clear()

    def finish(self) -> Image.Image:
        """Return the strip."""
        height = max([self._y, *(row + image.height for row, image in self._strips)], default=0)
        strip = self._image.new("L", (self._paper.dots, max(1, min(height, ROWS_MAX))), PAPER)
        for row, image in self._strips:
            strip.paste(image, (self._x(image.width, at=image.info["align"]), row))
        return strip

    def obey(self, token: Token) -> None:  # noqa: C901, PLR0912, PLR0915 - one case a command
        """Do what one command says; one that shows nothing on paper is passed over."""
        args = token.args
        n = args[0] if args else 0
        match token.name:
            case b"text":
                self._text(args)
            case b"\n":
                self._end_line()
            case b"\x1b@":
                self._reset()
                self._chinese = self._paper.chinese
            case b"\x1bt":
                self._read = numbered_page(n, self._paper.profile)
            case b"\x1c.":
                self._chinese = False
            case b"\x1c&":
                self._chinese = True
            case b"\x1ba":
                self._align = n % 48 % 3
            case b"\x1bE" | b"\x1bG":
                self._bold = bool(n & 1)
            case b"\x1b-":
                self._underlined = n % 48 > 0
            case b"\x1dB":
                self._inverted = bool(n & 1)
            case b"\x1d!":
                self._scale = ((n >> 4 & 7) + 1, (n & 7) + 1)
            case b"\x1bM":
                self._font_b = n % 48 == 1
            case b"\x1b!":
                self._font_b, self._bold, self._underlined = bool(n & 1), bool(n & 8), bool(n & 128)
                self._scale = (2 if n & 32 else 1, 2 if n & 16 else 1)
            case b"\x1b3":
                self._spacing = n
            case b"\x1b2":
                self._spacing = LINE_SPACING
            case b"\x1b$":
                self._move(int.from_bytes(args, "little") - self._across)
            case b"\x1b\\":
                self._move(int.from_bytes(args, "little", signed=True))
            case b"\x1bd":
                self._end_line()
                self._y += max(0, n - 1) * self._spacing
            case b"\x1bJ":
                if self._line:
                    self._end_line()
                    n = max(0, n - self._spacing)
                self._y += n
            case b"\x1dV":
                self._y += CUTTER_DOTS if n >= 0x41 else 0  # noqa: PLR2004 - functions B to D feed first
            case b"\x1dh":
                self._height = n
            case b"\x1dw":
                self._module = n
            case b"\x1dH":
                self._text_below = n % 48
            case b"\x1dk":
                self._barcode(args)
            case b"\x1dv0":
                self._raster(args)
            case b"\x1d(k":
                self._two_dimensional(args[2:])
            case b"\x1d(L":
                self._graphic(args[2:])
            case b"\x1d8L":
                self._graphic(args[4:])
            case b"\x1b*":
                self._column_image(args)

    @property
    def _across(self) -> int:
        """How far the line has come, in dots."""
        return sum(image.width for image in self._line)

    def _move(self, dots: int) -> None:
        """Leave room in the line; what would go back over what is there is not drawn."""
        if dots > 0:
            self._line.append(self._image.new("L", (dots, 1), PAPER))

    def _text(self, raw: bytes) -> None:
        for character in self._characters(raw):
            cell = self._cell(character)
            if self._across + cell.width > self._paper.dots:
                self._end_line()
            self._line.append(cell)

    def _characters(self, raw: bytes) -> str:
        return raw.decode("gb18030", errors="replace") if self._chinese else self._read(raw)

    def _cell(self, character: str) -> Image.Image:
        across, down = CELL_B if self._font_b else CELL
        key = (character, across, down, self._bold, self._underlined, self._inverted)
        glyph = glyph_dots(*key)
        scale = self._scale
        return (
            glyph
            if scale == (1, 1)
            else glyph.resize((glyph.width * scale[0], glyph.height * scale[1]), self._image.Resampling.NEAREST)
        )

    def _end_line(self) -> None:
        cells = self._line
        if not cells:
            self._y += self._spacing
            return
        height = max(cell.height for cell in cells)
        line = self._image.new("L", (self._across, height), PAPER)
        x = 0
        for cell in cells:
            line.paste(cell, (x, height - cell.height))
            x += cell.width
        self._line = []
        self._put(line)
        self._y += max(height, self._spacing)

    def _put(self, image: Image.Image) -> None:
        if self._y < ROWS_MAX:
            image.info["align"] = self._align
            self._strips.append((self._y, image))

    def _x(self, width: int, *, at: int) -> int:
        return (0, max(0, (self._paper.dots - width) // 2), max(0, self._paper.dots - width))[at]

    def _stand_alone(self, image: Image.Image) -> None:
        """Print something that is a line of its own; wider than the paper, it is not printed at all."""
        if self._line:
            self._end_line()
        if image.width <= self._paper.dots:
            self._put(image)
            self._y += image.height

    def _barcode(self, args: bytes) -> None:
        kind, content = (args[0], args[2:]) if args[0] >= 65 else (args[0] + 65, args[1:-1])  # noqa: PLR2004 - form B
        modules = bars(kind, content)
        if modules is None:
            return
        symbol = self._image.new("L", (len(modules) * self._module, max(1, self._height)), PAPER)
        for place, module in enumerate(modules):
            if module == "1":
                symbol.paste(INK, (place * self._module, 0, (place + 1) * self._module, symbol.height))
        if symbol.width > self._paper.dots:
            return
        self._stand_alone(symbol)
        if self._text_below & 2:
            self._line = [glyph_dots(character, *CELL, False, False, False) for character in shown_text(kind, content)]
            self._end_line()

    def _two_dimensional(self, args: bytes) -> None:
        if len(args) < 3 or args[0] != 0x31:  # noqa: PLR2004 - a function needs three bytes; 31h is QR
            return
        function, rest = args[1], args[2:]
        if function == 0x43:  # noqa: PLR2004 - module size
            self._qr_size = rest[0]
        elif function == 0x45:  # noqa: PLR2004 - error correction
            self._qr_level = _QR_LEVELS.get(rest[0], "L")
        elif function == 0x50:  # noqa: PLR2004 - store
            self._qr = rest[1:]
        elif function == 0x51 and self._qr:  # noqa: PLR2004 - print
            modules = qr_modules(self._qr, self._qr_level)
            symbol = self._image.new("L", (len(modules), len(modules)), PAPER)
            symbol.putdata([INK if module else PAPER for row in modules for module in row])
            size = len(modules) * max(1, self._qr_size)
            self._stand_alone(symbol.resize((size, size), self._image.Resampling.NEAREST))

    def _raster(self, args: bytes) -> None:
        mode, across, down = args[0] & 3, int.from_bytes(args[1:3], "little"), int.from_bytes(args[3:5], "little")
        if across and down:
            image = self._dots(args[5:], across * 8, down)
            self._stand_alone(
                image.resize(
                    (image.width * (1 + (mode & 1)), image.height * (1 + (mode >> 1))), self._image.Resampling.NEAREST
                )
            )

    def _graphic(self, args: bytes) -> None:
        if args[:2] == b"\x30\x70" and len(args) >= 10:  # noqa: PLR2004 - store: ten bytes before the dots
            across, down = int.from_bytes(args[6:8], "little"), int.from_bytes(args[8:10], "little")
            if across and down and len(args) >= 10 + (across + 7) // 8 * down:
                image = self._dots(args[10:], across, down)
                self._graphics = image.resize(
                    (image.width * max(1, args[3]), image.height * max(1, args[4])), self._image.Resampling.NEAREST
                )
        elif args[:2] in (b"\x30\x32", b"\x30\x02") and self._graphics is not None:
            self._stand_alone(self._graphics)

    def _column_image(self, args: bytes) -> None:
        mode, dots = args[0], args[3:]
        stride = 3 if mode >= 32 else 1  # noqa: PLR2004 - modes 32, 33: 24 dots high
        columns = len(dots) // stride
        if not columns:
            return
        image = self._dots(dots, stride * 8, columns).transpose(self._image.Transpose.TRANSPOSE)
        wide = 1 if mode in (1, 33) else 2
        self._line.append(image.resize((columns * wide, CELL[1]), self._image.Resampling.NEAREST))

    def _dots(self, dots: bytes, across: int, down: int) -> Image.Image:
        inverted = bytes(byte ^ 0xFF for byte in dots[: (across + 7) // 8 * down])
        return self._image.frombytes("1", (across, down), inverted).convert("L")


def _png(strip: Image.Image, *, cut: bool) -> bytes:
    """Lay the strip on a table, the edges torn, and return the PNG."""
    from PIL import Image, ImageDraw

    width, height = strip.width + 2 * MARGIN, strip.height + 2 * MARGIN
    table = Image.new("L", (width + 2 * TOOTH, height + 4 * TOOTH), TABLE)
    left, top, right, bottom = TOOTH, 2 * TOOTH, TOOTH + width, 2 * TOOTH + height
    teeth = range(left, right + 1, TOOTH)
    upper = [(x, top - TOOTH * (place % 2)) for place, x in enumerate(teeth)]
    lower = [(x, bottom + (TOOTH * (place % 2) if cut else 2 * TOOTH)) for place, x in enumerate(teeth)]
    ImageDraw.Draw(table).polygon([*upper, (right, top), (right, lower[-1][1]), *reversed(lower)], fill=PAPER)
    table.paste(strip, (left + MARGIN, top + MARGIN))
    out = io.BytesIO()
    table.save(out, "PNG", optimize=True)
    return out.getvalue()
