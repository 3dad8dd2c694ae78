"""The kinds of cloud there are: one line each, and a page each in this folder's README.

A kind's module has `CAPABILITIES`, `Settings`, which is the strict model of what its `[[cloud]]` section holds beyond
`name` and `kind`, secrets already resolved, and `connector(settings, store)`, which makes the pure mapping.
Adding a kind is a module, a line here, a page in the README and a lying peer in the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from outbox.capabilities import Capabilities
    from outbox.connector import Connector


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What a connector may know of the store."""

    id: str
    currency: str  # ISO 4217
    prices_include_tax: bool
    timezone: str  # IANA
    name: str = ""


@dataclass(frozen=True, slots=True)
class CloudKind:
    """One kind of cloud. Its module is imported when it is first asked for."""

    name: str
    module: str
    secrets: tuple[str, ...]  # settings that stillopen.toml names as { env = … } or { file = … }
    about: str  # one line for a person

    def settings(self) -> type[BaseModel]:
        """Return the model of this kind's settings; it takes its secrets resolved, as `SecretStr`."""
        return cast("type[BaseModel]", import_module(self.module).Settings)

    def capabilities(self) -> Capabilities:
        """Return what this kind takes, whoever it belongs to and whether or not it can be reached."""
        return cast("Capabilities", import_module(self.module).CAPABILITIES)


KINDS: Mapping[str, CloudKind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            CloudKind("square", "outbox.clouds.square", ("token",), "Square: orders, refunds, stock, catalogue"),
            CloudKind("webhook", "outbox.clouds.webhook", ("secret",), "any program: signed records by POST"),
        )
    }
)


def make(kind: str, settings: BaseModel, store: StoreFacts) -> Connector:
    """Return the connector for one `[[cloud]]` section. Raises `KeyError` for a kind there is not."""
    return cast("Connector", import_module(KINDS[kind].module).connector(settings, store))
