"""The kinds of cloud there are: one line each, and a page each in this folder's README.

A kind's module has `CAPABILITIES`, `Settings`, which is the strict model of what its `[[cloud]]` section holds beyond
`name` and `kind`, secrets already resolved, and `connector(settings, store)`, which makes the pure mapping.
It may have `checks(settings, store, declared)` (`outbox/mapping.py`), `books(settings, store)` (`outbox/books.py`)
and, where a person signs in to it or its tokens run out, `sign_in(settings)` (`outbox/auth/oauth2.py`). A secret that
may be in the keyring instead of the configuration is `SecretStr | None = None` in `Settings`: a connector made without
it is never asked for credentials. `asks(settings)` names those that a person is to give; without it, all that are not
there.
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

    from outbox.auth.oauth2 import SignIn
    from outbox.books import Books
    from outbox.capabilities import Capabilities
    from outbox.connector import Connector
    from outbox.mapping import Checks, Declared


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

    def checks(self, settings: BaseModel, store: StoreFacts, declared: Declared) -> Checks | None:
        """Return what this kind can be asked about its mapping, or None: nothing."""
        make = getattr(import_module(self.module), "checks", None)
        return None if make is None else cast("Checks", make(settings, store, declared))

    def books(self, settings: BaseModel, store: StoreFacts) -> Books | None:
        """Return what this kind can be asked about what it has booked, or None: nothing."""
        make = getattr(import_module(self.module), "books", None)
        return None if make is None else cast("Books", make(settings, store))

    def asks(self, settings: BaseModel) -> tuple[str, ...]:
        """Return the secrets that a section lacks, and that `stillopen cloud connect` asks a person for."""
        own = getattr(import_module(self.module), "asks", None)
        if own is not None:
            return cast("tuple[str, ...]", own(settings))
        return tuple(name for name in self.secrets if getattr(settings, name, None) is None)

    def sign_in(self, settings: BaseModel) -> SignIn | None:
        """Return how tokens are got and renewed, or None: this kind, or this section of it, uses none that run out."""
        describe = getattr(import_module(self.module), "sign_in", None)
        return None if describe is None else cast("SignIn | None", describe(settings))


KINDS: Mapping[str, CloudKind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            CloudKind(
                "shopify",
                "outbox.clouds.shopify",
                ("token", "client_secret"),
                "Shopify: orders, refunds, stock, catalogue, customers, discounts",
            ),
            CloudKind(
                "square",
                "outbox.clouds.square",
                ("token", "application_secret"),
                "Square: orders, refunds, stock, catalogue, customers, discounts",
            ),
            CloudKind("stripe", "outbox.clouds.stripe", ("key",), "Stripe: cards at a reader, other payments"),
            CloudKind(
                "woocommerce",
                "outbox.clouds.woocommerce",
                ("consumer_key", "consumer_secret"),
                "WooCommerce: orders, refunds, stock, catalogue, customers, discounts",
            ),
            CloudKind("webhook", "outbox.clouds.webhook", ("secret",), "any program: signed records by POST"),
        )
    }
)


def make(kind: str, settings: BaseModel, store: StoreFacts) -> Connector:
    """Return the connector for one `[[cloud]]` section. Raises `KindBroken` where a package's cannot be made."""
    from outbox.clouds.packages import KindBroken, kind_of

    module = kind_of(kind).module
    try:
        return cast("Connector", import_module(module).connector(settings, store))
    except Exception as error:
        if kind in KINDS:
            raise
        raise KindBroken(f"the kind {kind!r} made no connector ({type(error).__name__}: {error})") from error
