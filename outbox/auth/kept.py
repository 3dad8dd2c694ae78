"""Secrets that are in the keyring instead of the configuration, and who proves with what that it is this store.

Someone who connects a cloud again while the agent runs is heard: the file is looked at before every call.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pydantic import SecretStr

from outbox.auth.authorizer import SignInNeeded, Standing, Static
from outbox.auth.keyring import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from pydantic import BaseModel

    from outbox.auth.authorizer import Authorizer
    from outbox.auth.keyring import Keyring
    from outbox.auth.oauth2 import SignIn
    from outbox.calls import Exchanges
    from outbox.connector import Connector, Request


class Kind(Protocol):
    """What is needed of a kind of cloud."""

    def asks(self, settings: BaseModel) -> tuple[str, ...]:
        """Return the secrets that its section lacks, and a person can give."""
        ...

    def sign_in(self, settings: BaseModel) -> SignIn | None:
        """Return how tokens are got, or None."""
        ...


def is_kept(kind: Kind, settings: BaseModel) -> bool:
    """Return whether a cloud's credentials come from the keyring, and not from its section alone."""
    return bool(kind.asks(settings)) or kind.sign_in(settings) is not None


def filled(settings: BaseModel, secrets: Mapping[str, str]) -> BaseModel:
    """Return the settings with what the keyring has of those they lack."""
    found = {name: SecretStr(secret) for name, secret in secrets.items() if getattr(settings, name, "") is None}
    return settings.model_copy(update=found) if found else settings


@dataclass(slots=True)
class Kept:
    """The authorizer of a cloud whose secrets are in the keyring; `make` makes its connector with them."""

    cloud: str
    settings: BaseModel
    make: Callable[[BaseModel], Connector]
    keyring: Keyring
    now: Callable[[], datetime]
    _connector: Connector | None = None
    _stamp: tuple[int, int, int] | None = None
    _shown: tuple[int, int, int] | None = None  # the file's stamp when headers were last given out

    @property
    def standing(self) -> Standing:
        """A person gave them, and they stay as they are."""
        return Standing("keyring")

    async def headers(self, request: Request, key: str) -> dict[str, str]:
        """Return the connector's headers, made with what is kept now. Raises `SignInNeeded`."""
        stamp = self.keyring.stamp(self.cloud)
        if self._connector is None or stamp != self._stamp:
            self._connector = self.make(filled(self.settings, await self._secrets()))
            self._stamp = stamp
        self._shown = stamp
        return self._connector.credentials(request, key, self.now())

    async def renewed(self, refused: Mapping[str, str]) -> bool:  # noqa: ARG002 - the contract
        """Say whether a person has given others meanwhile."""
        return self.keyring.stamp(self.cloud) != self._shown

    async def _secrets(self) -> Mapping[str, str]:
        hint = f"Give it: stillopen cloud connect {self.cloud}"
        try:
            kept = await asyncio.to_thread(self.keyring.read, self.cloud)
        except CredentialsError as error:
            raise SignInNeeded(f"{error}. {error.hint}", hint=error.hint) from error
        secrets = {} if kept is None else kept.secrets
        if not secrets:
            raise SignInNeeded(f"{self.cloud} is not connected yet: stillopen cloud connect {self.cloud}", hint=hint)
        return secrets


def authorizer(
    cloud: str,
    kind: Kind,
    settings: BaseModel,
    make: Callable[[BaseModel], Connector],
    keyring: Keyring,
    session: Exchanges,
    now: Callable[[], datetime],
) -> Authorizer:
    """Return what proves to a cloud that it is this store: by its section of the configuration, and the keyring."""
    if kind.sign_in(settings) is not None:
        from outbox.auth.refresher import Refresher

        def describe(secrets: Mapping[str, str]) -> SignIn:
            found = kind.sign_in(filled(settings, secrets))
            assert found is not None, "a secret more takes no sign-in away"
            return found

        return Refresher(cloud, describe, keyring, session, now)
    if kind.asks(settings):
        return Kept(cloud, settings, make, keyring, now)
    return Static(make(settings), now)
