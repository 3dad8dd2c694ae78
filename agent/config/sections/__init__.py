"""What each section of `stillopen.toml` holds, once it is in order. All of it is frozen.

A field's `description` completes the sentence "write …", its first example the one after "like".
`agent/CONFIGURATION.md` says what each key means.
"""

from agent.config.sections.devices import DisplayConfig, DrawerConfig, PrinterConfig, ScaleConfig, ScannerConfig
from agent.config.sections.file import CloudConfig, CloudHead, Config, File
from agent.config.sections.line import LineConfig
from agent.config.sections.network import NetworkConfig
from agent.config.sections.section import Section
from agent.config.sections.shift import ShiftConfig
from agent.config.sections.staff import PermissionsConfig, StaffConfig
from agent.config.sections.store import ApiConfig, BackupConfig, StoreConfig, TaxConfig, TillConfig
from agent.config.sections.update import UpdateConfig

__all__ = [
    "ApiConfig",
    "BackupConfig",
    "CloudConfig",
    "CloudHead",
    "Config",
    "DisplayConfig",
    "DrawerConfig",
    "File",
    "LineConfig",
    "NetworkConfig",
    "PermissionsConfig",
    "PrinterConfig",
    "ScaleConfig",
    "ScannerConfig",
    "Section",
    "ShiftConfig",
    "StaffConfig",
    "StoreConfig",
    "TaxConfig",
    "TillConfig",
    "UpdateConfig",
]
