"""The configuration, `stillopen.toml`: what it may hold, and how it is read. CONFIGURATION.md documents it."""

from __future__ import annotations

from agent.config.load import load
from agent.config.problems import ConfigInvalid, ConfigMissing, ConfigProblem
from agent.config.sections import (
    ApiConfig,
    BackupConfig,
    CloudConfig,
    Config,
    DisplayConfig,
    DrawerConfig,
    PrinterConfig,
    ScaleConfig,
    ScannerConfig,
    StoreConfig,
    TaxConfig,
    TillConfig,
    UpdateConfig,
)

__all__ = [
    "ApiConfig",
    "BackupConfig",
    "CloudConfig",
    "Config",
    "ConfigInvalid",
    "ConfigMissing",
    "ConfigProblem",
    "DisplayConfig",
    "DrawerConfig",
    "PrinterConfig",
    "ScaleConfig",
    "ScannerConfig",
    "StoreConfig",
    "TaxConfig",
    "TillConfig",
    "UpdateConfig",
    "load",
]
