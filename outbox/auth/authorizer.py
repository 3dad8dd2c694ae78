"""Where the headers come from that prove to a cloud who is calling, request by request.

A connector that was made with its secrets makes them itself (`Static`). Where tokens run out, or the secrets are in
the keyring, something stands in between that may have to ask first (`outbox/auth/refresher.py`, `kept.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from outbox.session import NotSent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from outbox.connector import Connector, Request


class SignInNeeded(NotSent):
    """There are no credentials that the cloud would accept; only a person can get others. Nothing was sent."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the credentials come from, and until when they are good; nothing secret."""

    by: str  # "configuration", "keyring" or "sign_in"
    good_until: datetime | None = None  # of the token in use; it is renewed before
    ends_at: datetime | None = None  # when nothing renews it any more, where the cloud has said so


class Authorizer(Protocol):
    """Proves who is calling one cloud."""

    @property
    def standing(self) -> Standing:
        """Return how the credentials stand, as far as is known since the start."""
        ...

    async def headers(self, request: Request, key: str) -> dict[str, str]:
        """Return the headers for this request now; never stored, never logged.

        Raises `NotSent` where a token has to be renewed and cannot be, `SignInNeeded` where no token will do.
        """
        ...

    async def renewed(self, refused: Mapping[str, str]) -> bool:
        """Say whether there are other credentials now than those the cloud has just refused."""
        ...


@dataclass(frozen=True, slots=True)
class Static:
    """The connector's own: they are what the configuration says, and stay so."""

    connector: Connector
    now: Callable[[], datetime]

    @property
    def standing(self) -> Standing:
        """The configuration has them."""
        return Standing("configuration")

    async def headers(self, request: Request, key: str) -> dict[str, str]:
        """Return the connector's headers."""
        return self.connector.credentials(request, key, self.now())

    async def renewed(self, refused: Mapping[str, str]) -> bool:  # noqa: ARG002 - the contract
        """There are no others."""
        return False
