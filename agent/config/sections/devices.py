"""The devices: what is written of each, and what its driver has to know."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Strict

from agent.config.choices import DialectChoice, FenceChoice, ScaleUnit
from agent.config.kinds import (
    FilePath,
    FromList,
    HexBytes,
    Line,
    Name,
    PortUrl,
    TemplateText,
)
from agent.config.sections.section import Section
from drivers.display.screen import COLUMNS, LINES
from drivers.display.speech import DisplayProtocol, DisplaySettings
from drivers.drawer.switch import Sense
from drivers.printer.codepage_tables import CodePageTable
from drivers.printer.escpos import CutKind, Font
from drivers.printer.settings import COLUMNS_MAX, COLUMNS_MIN, MissingCharacters, PrinterSettings
from drivers.scale.protocol import ScaleProtocol
from drivers.scanner.code_ids import CodeIds
from drivers.scanner.commands import Family
from drivers.scanner.framing import Suffix
from drivers.scanner.wedge_layouts import LayoutName

WAIT_S_MAX = 86_400  # one day; a receipt nobody fetched by then is not wanted

LEFT_OPEN_S_MAX = 3_600  # one hour; a shop that leaves it open for longer wants no warning

DUPLICATE_WINDOW_MS_MAX = 10_000  # longer than this, a second scan is meant


class ScannerConfig(Section):
    """A barcode scanner."""

    name: Name = Field(description="up to 40 letters, digits, dots or dashes", examples=["counter"])
    port: PortUrl = Field(
        description="the URL of a port (`stillopen devices` lists what is plugged in)",
        examples=["serial:///dev/ttyACM0?baud=9600"],
    )
    suffix: Annotated[Suffix, Strict(strict=False)] = Field(
        default=Suffix.CR, description='what ends a scan: "cr", "lf", "crlf", "tab" or "none"', examples=["cr"]
    )
    duplicate_window_ms: int = Field(
        default=400,
        ge=0,
        le=DUPLICATE_WINDOW_MS_MAX,
        description=f"whole milliseconds from 0 to {DUPLICATE_WINDOW_MS_MAX}",
        examples=[400],
    )
    keyboard: Annotated[LayoutName, Strict(strict=False)] = Field(
        default=LayoutName.US,
        description='the country that a scanner which types is set to: "us", "uk", "de", "fr", "it", "es" or "se"',
        examples=["us"],
    )
    family: Annotated[Family, Strict(strict=False)] | None = Field(
        default=None,
        description="whose commands it knows: " + " or ".join(f'"{each}"' for each in Family),
        examples=["datalogic"],
    )
    templates: Annotated[tuple[TemplateText, ...], FromList] = Field(
        default=(),
        description="a list of layouts of the store's own codes, a letter for each digit",
        examples=[["20IIIIIWWWWWC"]],
    )
    code_ids: Annotated[CodeIds, Strict(strict=False)] = Field(
        default=CodeIds.AIM,
        description="whose code identifiers it sends: " + ", ".join(f'"{ids}"' for ids in CodeIds),
        examples=["aim"],
    )


class PrinterConfig(Section):
    """A receipt printer. What is unset here the driver takes from the profile."""

    name: Name = Field(description="up to 40 letters, digits, dots or dashes", examples=["receipt"])
    port: PortUrl = Field(
        description="the URL of a port (`stillopen devices` lists what is plugged in)",
        examples=["tcp://192.168.1.50:9100"],
    )
    profile: str = Field(default="default", description="a printer profile's name", examples=["TM-T20II"])
    columns: int = Field(
        default=42,
        ge=COLUMNS_MIN,
        le=COLUMNS_MAX,
        description=f"how many characters fit on a line, {COLUMNS_MIN} to {COLUMNS_MAX}",
        examples=[48],
    )
    dots: int | None = Field(
        default=None, ge=100, le=2_000, description="how many dots wide the paper prints, 100 to 2000", examples=[576]
    )
    code_page: str = Field(default="cp858", description="the one code page the printer is set to", examples=["cp858"])
    dialect: Annotated[DialectChoice, Strict(strict=False)] = Field(
        default=DialectChoice.ESCPOS,
        description='the language it is set to: "escpos", "star_line", "starprnt", or "auto" to ask it',
        examples=["escpos"],
    )
    fence: Annotated[FenceChoice, Strict(strict=False)] | None = Field(
        default=None,
        description='how it says that it has printed: "gs_r", "gs_h", "etb" (Star), "none", or "auto" to ask it',
        examples=["gs_r"],
    )
    code_page_number: int | None = Field(
        default=None,
        ge=0,
        le=255,
        description="the printer's own number of that page, 0 to 255, from its manual",
        examples=[19],
    )
    code_page_table: Annotated[CodePageTable, Strict(strict=False)] | None = Field(
        default=None,
        description="whose numbers the code pages have: " + ", ".join(f'"{table}"' for table in CodePageTable),
        examples=["epson"],
    )
    missing_characters: Annotated[MissingCharacters, Strict(strict=False)] = Field(
        default=MissingCharacters.IMAGE,
        description='what is printed for letters that the code page lacks: "image" or "substitute"',
        examples=["image"],
    )
    font: Annotated[Font, Strict(strict=False)] = Field(
        default=Font.A, description='the printer\'s own characters: "a", or "b" for smaller ones', examples=["a"]
    )
    font_file: FilePath | None = Field(
        default=None, description="the path of a TrueType or OpenType font, in quotes", examples=["NotoSansThai.ttf"]
    )
    cut: Annotated[CutKind, Strict(strict=False)] = Field(
        default=CutKind.PARTIAL, description='"partial", "full" or "none"', examples=["partial"]
    )
    kanji_off: bool = Field(default=False, description="true or false, without quotes", examples=[True])
    logo: FilePath | None = Field(
        default=None, description="the path of a PNG picture, in quotes", examples=["logo.png"]
    )
    wait_s: int = Field(
        default=120, ge=0, le=WAIT_S_MAX, description=f"whole seconds from 0 to {WAIT_S_MAX}", examples=[120]
    )

    @property
    def settings(self) -> PrinterSettings:
        """What the driver has to know."""
        return PrinterSettings(
            profile=self.profile,
            columns=self.columns,
            dots=self.dots,
            code_page=self.code_page,
            code_page_table=self.code_page_table,
            code_page_number=self.code_page_number,
            kanji_off=self.kanji_off,
            fence=None if self.fence is None else self.fence.kind,
            cut=self.cut,
            speaks=self.dialect.speaks,
            ask_dialect=self.dialect is DialectChoice.AUTO,
            ask_fence=self.fence is FenceChoice.AUTO,
            font=self.font,
            missing_characters=self.missing_characters,
            font_file=self.font_file,
        )


class DrawerConfig(Section):
    """A cash drawer: on a printer, or with a port of its own."""

    name: Name = Field(description="up to 40 letters, digits, dots or dashes", examples=["drawer"])
    printer: str | None = Field(
        default=None, description="the name of the [[printer]] it is plugged into", examples=["receipt"]
    )
    port: PortUrl | None = Field(
        default=None, description="the URL of its own port, where it has one", examples=["serial://COM3"]
    )
    pin: Literal[2, 5] = Field(default=2, description="2 or 5, the pin of the printer's drawer socket", examples=[2])
    command: HexBytes | None = Field(
        default=None, description="what opens it, as pairs of hexadecimal digits", examples=["07"]
    )
    sense: Annotated[Sense, Strict(strict=False)] = Field(
        default=Sense.CTS,
        description='the line of the serial port that its switch is on: "cts", "dsr", "ri", "cd" or "none"',
        examples=["cts"],
    )
    power: Literal["port", "own"] = Field(
        default="port", description='"port" where the serial port feeds it, or "own"', examples=["own"]
    )
    left_open_s: int = Field(
        default=60,
        ge=0,
        le=LEFT_OPEN_S_MAX,
        description=f"whole seconds from 0 (never) to {LEFT_OPEN_S_MAX}",
        examples=[60],
    )

    @property
    def command_bytes(self) -> bytes | None:
        """What opens it, where the configuration says so."""
        return None if self.command is None else bytes.fromhex(self.command)

    @property
    def plugged_in(self) -> str:
        """Where it is, for people and for what was taught: another place may have another polarity."""
        return self.port or f"{self.printer} pin {self.pin}"


class ScaleConfig(Section):
    """A scale on the counter."""

    name: Name = Field(description="up to 40 letters, digits, dots or dashes", examples=["scale"])
    port: PortUrl = Field(
        description="the URL of a port (`stillopen devices` lists what is plugged in)",
        examples=["serial:///dev/ttyUSB0?baud=9600&mode=7E1"],
    )
    protocol: Annotated[ScaleProtocol, Strict(strict=False)] = Field(
        default=ScaleProtocol.TOLEDO_8217,
        description='what it speaks: "toledo_8217", "nci" or "cas"',
        examples=["toledo_8217"],
    )
    unit: Annotated[ScaleUnit, Strict(strict=False)] = Field(
        default=ScaleUnit.KG, description='what it shows: "kg", or "lb" (converted to kg)', examples=["kg"]
    )


class DisplayConfig(Section):
    """A customer display of two lines: with a port of its own, or on a printer."""

    name: Name = Field(description="up to 40 letters, digits, dots or dashes", examples=["customer"])
    port: PortUrl | None = Field(
        default=None,
        description="the URL of its own port (`stillopen devices` lists what is plugged in)",
        examples=["serial:///dev/ttyUSB1?baud=9600"],
    )
    printer: str | None = Field(
        default=None, description="the name of the [[printer]] it is plugged into", examples=["receipt"]
    )
    protocol: Annotated[DisplayProtocol, Strict(strict=False)] | None = Field(
        default=None,
        description='what it obeys: "cd5220", "escpos" or "logic_controls"',
        examples=["cd5220"],
    )
    code_page: str = Field(default="cp437", description="the one code page its text is in", examples=["cp437"])
    code_page_number: int | None = Field(
        default=None,
        ge=0,
        le=255,
        description="the display's own number of that page, 0 to 255, from its manual",
        examples=[0],
    )
    idle: Annotated[tuple[Line, ...], FromList] = Field(
        default=(),
        max_length=LINES,
        description=f"a list of at most {LINES} lines of {COLUMNS} characters",
        examples=[["Welcome", "Corner Shop"]],
    )

    @property
    def settings(self) -> DisplaySettings:
        """What the driver has to know."""
        usual = DisplayProtocol.CD5220 if self.printer is None else DisplayProtocol.ESCPOS
        return DisplaySettings(self.protocol or usual, self.code_page, self.code_page_number)

    @property
    def plugged_in(self) -> str:
        """Where it is, for people."""
        return self.port or self.printer or ""
