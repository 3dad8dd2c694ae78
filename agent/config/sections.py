"""What each section of `stillopen.toml` holds, once it is in order. All of it is frozen.

A field's `description` completes the sentence "write …", its first example the one after "like".
`agent/CONFIGURATION.md` says what each key means.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict, model_validator

from agent.config.choices import DialectChoice, FenceChoice, ScaleUnit
from agent.config.kinds import (
    Currency,
    DecimalText,
    FilePath,
    FolderPath,
    FromList,
    HexBytes,
    Host,
    Line,
    Name,
    Origin,
    PortUrl,
    Rate,
    TemplateText,
    TillId,
    TimeZone,
    Title,
)
from drivers.display.screen import COLUMNS, LINES
from drivers.display.speech import DisplayProtocol, DisplaySettings
from drivers.drawer.switch import Sense
from drivers.printer.codepage_tables import CodePageTable
from drivers.printer.escpos import CutKind, Font
from drivers.printer.settings import COLUMNS_MAX, COLUMNS_MIN, MissingCharacters, PrinterSettings
from drivers.scale.talk import ScaleProtocol
from drivers.scanner.code_ids import CodeIds
from drivers.scanner.commands import Family
from drivers.scanner.framing import Suffix
from drivers.scanner.wedge_layouts import LayoutName
from outbox import money

if TYPE_CHECKING:
    from pathlib import Path

RECEIPT_LINES_MAX = 30  # of header or footer; more is a leaflet
BACKUPS_MAX = 366  # a year of nights; who needs more carries some away
WAIT_S_MAX = 86_400  # one day; a receipt nobody fetched by then is not wanted
LEFT_OPEN_S_MAX = 3_600  # one hour; a shop that leaves it open for longer wants no warning
DUPLICATE_WINDOW_MS_MAX = 10_000  # longer than this, a second scan is meant


class Section(BaseModel):
    """A table of the file: strict, closed, frozen."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=False
    )


class StoreConfig(Section):
    """The shop."""

    id: Name = Field(description="up to 40 letters, digits, dots or dashes", examples=["store-1"])
    name: Title = Field(description="the shop's name on one line", examples=["Corner Shop"])
    currency: Currency = Field(description="an ISO 4217 code, three capital letters", examples=["EUR"])
    timezone: TimeZone = Field(description="a name of the IANA time zone database", examples=["Europe/Berlin"])
    locale: str = Field(
        default="en",
        pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$",
        description="a language and perhaps a country",
        examples=["de_DE"],
    )
    prices_include_tax: bool = Field(default=True, description="true or false, without quotes", examples=[True])
    receipt_header: Annotated[tuple[Line, ...], FromList] = Field(
        default=(),
        max_length=RECEIPT_LINES_MAX,
        description=f"a list of at most {RECEIPT_LINES_MAX} lines of text",
        examples=[["Corner Shop", "Main Street 1"]],
    )
    receipt_footer: Annotated[tuple[Line, ...], FromList] = Field(
        default=(),
        max_length=RECEIPT_LINES_MAX,
        description=f"a list of at most {RECEIPT_LINES_MAX} lines of text",
        examples=[["Thank you"]],
    )
    cash_rounding: DecimalText | None = Field(
        default=None, description="the smallest coin as a decimal in quotes", examples=["0.05"]
    )
    default_tax: str | None = Field(default=None, description="the code of a [[tax]] section", examples=["standard"])

    @property
    def cash_rounding_minor(self) -> int:
        """The smallest coin in minor units; 1 rounds nothing."""
        if self.cash_rounding is None:
            return 1
        return money.parse_amount(str(self.cash_rounding), self.currency)


class ApiConfig(Section):
    """The local API."""

    host: Host = Field(default="127.0.0.1", description="a name or an address of this PC", examples=["127.0.0.1"])
    port: int = Field(
        default=8750,
        ge=0,
        le=65_535,
        description="a TCP port from 1 to 65535, or 0 for any free one",
        examples=[8750],
    )
    origins: Annotated[tuple[Origin, ...], FromList] = Field(
        default=(),
        description="a list of scheme://host[:port], with no path",
        examples=[["https://pos.example.com"]],
    )


class TillConfig(Section):
    """A till: which devices it rings with. A till may lack any of them."""

    id: TillId = Field(
        description="1 to 12 letters, digits or dashes (receipt numbers begin with it)", examples=["till-1"]
    )
    scanner: str | None = Field(default=None, description="the name of a [[scanner]]", examples=["counter"])
    printer: str | None = Field(default=None, description="the name of a [[printer]]", examples=["receipt"])
    drawer: str | None = Field(default=None, description="the name of a [[drawer]]", examples=["drawer"])
    scale: str | None = Field(default=None, description="the name of a [[scale]]", examples=["scale"])
    display: str | None = Field(default=None, description="the name of a [[display]]", examples=["customer"])


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
    """A customer display of two lines."""

    name: Name = Field(description="up to 40 letters, digits, dots or dashes", examples=["customer"])
    port: PortUrl = Field(
        description="the URL of a port (`stillopen devices` lists what is plugged in)",
        examples=["serial:///dev/ttyUSB1?baud=9600"],
    )
    protocol: Annotated[DisplayProtocol, Strict(strict=False)] = Field(
        default=DisplayProtocol.CD5220,
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
        return DisplaySettings(self.protocol, self.code_page, self.code_page_number)


class TaxConfig(Section):
    """A tax rate. `rate` is per cent."""

    code: Name = Field(description="a short word, as items and imports name it", examples=["standard"])
    rate: Rate = Field(description='per cent as a decimal in quotes, "0" to "100"', examples=["19"])
    name: Title = Field(default="", description="the words for the receipt", examples=["VAT 19%"])

    @model_validator(mode="before")
    @classmethod
    def _named(cls, section: Any) -> Any:
        """Name a tax that has no name by its rate."""
        if isinstance(section, dict) and "name" not in section and isinstance(section.get("rate"), str):
            return {**section, "name": f"Tax {section['rate']}%"}
        return section


class BackupConfig(Section):
    """Copies of the journal on another disk."""

    folder: FolderPath = Field(
        description="the path of a folder on another disk, in quotes", examples=["/media/usb/stillopen"]
    )
    at: str = Field(
        default="03:30",
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        description="the time in the store, as hours and minutes in quotes",
        examples=["03:30"],
    )
    keep: int = Field(
        default=14, ge=1, le=BACKUPS_MAX, description=f"how many copies stay, 1 to {BACKUPS_MAX}", examples=[14]
    )

    @property
    def at_time(self) -> time:
        """When, in the store's own time."""
        return time.fromisoformat(self.at)


class CloudHead(Section):
    """What every kind of cloud has; the rest of its section is that kind's own."""

    model_config = ConfigDict(extra="ignore")

    name: Name = Field(description="up to 40 letters, digits, dots or dashes", examples=["square"])
    kind: str = Field(description="the kind of cloud", examples=["square"])


class File(Section):
    """The whole file but its `[[cloud]]` sections."""

    store: StoreConfig = Field(description="a [store] section")
    api: ApiConfig = Field(default_factory=ApiConfig, description="an [api] section")
    till: Annotated[tuple[TillConfig, ...], FromList] = Field(
        min_length=1, description="at least one [[till]] section, with double brackets"
    )
    scanner: Annotated[tuple[ScannerConfig, ...], FromList] = Field(
        default=(), description="[[scanner]] sections, with double brackets"
    )
    printer: Annotated[tuple[PrinterConfig, ...], FromList] = Field(
        default=(), description="[[printer]] sections, with double brackets"
    )
    drawer: Annotated[tuple[DrawerConfig, ...], FromList] = Field(
        default=(), description="[[drawer]] sections, with double brackets"
    )
    scale: Annotated[tuple[ScaleConfig, ...], FromList] = Field(
        default=(), description="[[scale]] sections, with double brackets"
    )
    display: Annotated[tuple[DisplayConfig, ...], FromList] = Field(
        default=(), description="[[display]] sections, with double brackets"
    )
    tax: Annotated[tuple[TaxConfig, ...], FromList] = Field(
        default=(), description="[[tax]] sections, with double brackets"
    )
    backup: BackupConfig | None = Field(default=None, description="a [backup] section")


@dataclass(frozen=True, slots=True)
class CloudConfig:
    """A cloud. `settings` is its kind's own model, secrets resolved.

    It is None only where the file was loaded with `need_secrets=False` and a secret is not there.
    """

    name: str
    kind: str
    settings: BaseModel | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Config:
    """Everything `stillopen.toml` says, checked: every name refers to something."""

    file: Path
    store: StoreConfig
    api: ApiConfig
    tills: tuple[TillConfig, ...]
    scanners: tuple[ScannerConfig, ...]
    printers: tuple[PrinterConfig, ...]
    drawers: tuple[DrawerConfig, ...]
    taxes: tuple[TaxConfig, ...]
    clouds: tuple[CloudConfig, ...]
    backup: BackupConfig | None = None
    scales: tuple[ScaleConfig, ...] = ()
    displays: tuple[DisplayConfig, ...] = ()
