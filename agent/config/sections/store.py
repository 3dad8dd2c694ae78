"""The shop, its local API, its tills, taxes and backups."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from agent.config.kinds import (
    Currency,
    DecimalText,
    FolderPath,
    FromList,
    Host,
    Line,
    Name,
    Origin,
    Rate,
    TillId,
    TimeZone,
    Title,
)
from agent.config.sections.section import Section
from outbox import money

RECEIPT_LINES_MAX = 30  # of header or footer; more is a leaflet

TAX_PARTS_MAX = 8  # state, county, city and their districts; more is a mistake

BACKUPS_MAX = 366  # a year of nights; who needs more carries some away


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
    tax_rounding: Literal["receipt", "line"] = Field(
        default="receipt", description='"receipt" or "line"', examples=["receipt"]
    )
    tax_fraction: Literal["half_up", "half_even", "half_down", "down"] = Field(
        default="half_up", description='"half_up", "half_even", "half_down" or "down"', examples=["half_up"]
    )
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

    refund_without_receipt_max: DecimalText | None = Field(
        default=None, description="an amount as a decimal in quotes", examples=["50.00"]
    )

    @property
    def refund_without_receipt_max_minor(self) -> int | None:
        """The most that is given back without a receipt, in minor units; None: any amount."""
        if self.refund_without_receipt_max is None:
            return None
        return money.parse_amount(str(self.refund_without_receipt_max), self.currency)

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


class TaxConfig(Section):
    """A tax, or several under one code. `rate` is per cent; `parts` are codes, in the order they are worked out in."""

    code: Name = Field(description="a short word, as items and imports name it", examples=["standard"])
    rate: Rate | None = Field(
        default=None, description='per cent as a decimal in quotes, "0" to "100"', examples=["19"]
    )
    included: bool | None = Field(default=None, description="true or false, without quotes", examples=[False])
    compound: bool = Field(default=False, description="true or false, without quotes", examples=[True])
    parts: Annotated[tuple[Name, ...], FromList] = Field(
        default=(),
        min_length=1,
        max_length=TAX_PARTS_MAX,
        description=f"a list of 1 to {TAX_PARTS_MAX} codes of other [[tax]] sections",
        examples=[["gst", "pst"]],
    )
    name: Title = Field(default="", description="the words for the receipt", examples=["VAT 19%"])

    @model_validator(mode="before")
    @classmethod
    def _named(cls, section: Any) -> Any:
        """Name a tax that has no name by its rate, several by their code."""
        if isinstance(section, dict) and "name" not in section and isinstance(section.get("rate"), str):
            return {**section, "name": f"Tax {section['rate']}%"}
        if isinstance(section, dict) and "name" not in section and "parts" in section:
            return {**section, "name": section.get("code")}
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
