"""The whole file, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from agent.config.kinds import (
    FromList,
    Name,
)
from agent.config.sections.devices import DisplayConfig, DrawerConfig, PrinterConfig, ScaleConfig, ScannerConfig
from agent.config.sections.line import LineConfig
from agent.config.sections.network import NetworkConfig
from agent.config.sections.section import Section
from agent.config.sections.shift import ShiftConfig
from agent.config.sections.staff import PermissionsConfig, StaffConfig
from agent.config.sections.store import ApiConfig, BackupConfig, StoreConfig, TaxConfig, TillConfig
from agent.config.sections.update import UpdateConfig

if TYPE_CHECKING:
    from pathlib import Path


class CloudHead(Section):
    """What every kind of cloud has; the rest of its section is that kind's own."""

    model_config = ConfigDict(extra="ignore")

    name: Name = Field(description="up to 40 letters, digits, dots or dashes", examples=["square"])
    kind: str = Field(description="the kind of cloud", examples=["square"])
    pull_every_s: int = Field(
        default=900, ge=60, le=86_400, description="seconds between two pulls, 60 to 86400", examples=[900]
    )
    sweep_at: str = Field(
        default="04:00",
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        description="the time in the store, as hours and minutes in quotes",
        examples=["04:00"],
    )


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
    line: LineConfig = Field(default_factory=LineConfig, description="a [line] section")
    network: NetworkConfig = Field(default_factory=NetworkConfig, description="a [network] section")
    shift: ShiftConfig = Field(default_factory=ShiftConfig, description="a [shift] section")
    staff: StaffConfig = Field(default_factory=StaffConfig, description="a [staff] section")
    permissions: PermissionsConfig = Field(default_factory=PermissionsConfig, description="a [permissions] section")
    update: UpdateConfig = Field(default_factory=UpdateConfig, description="an [update] section")


@dataclass(frozen=True, slots=True)
class CloudConfig:
    """A cloud. `settings` is its kind's own model, secrets resolved.

    It is None only where the file was loaded with `need_secrets=False` and a secret is not there.
    """

    name: str
    kind: str
    settings: BaseModel | None = field(repr=False)
    pull_every_s: int = 900  # prices change a few times a day; a person who cannot wait uses `cloud pull`
    sweep_at: time = time(4)  # in the store's time: when all of a feed that reports no deletions is gone through


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
    line: LineConfig = field(default_factory=LineConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    shift: ShiftConfig = field(default_factory=ShiftConfig)
    staff: StaffConfig = field(default_factory=StaffConfig)
    permissions: PermissionsConfig = field(default_factory=PermissionsConfig)
    update: UpdateConfig = field(default_factory=UpdateConfig)
    scales: tuple[ScaleConfig, ...] = ()
    displays: tuple[DisplayConfig, ...] = ()
