"""What is kept of one cloud's credentials: secrets a person gave, tokens the cloud gave, and how a renewal stands."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from outbox.auth import tokens as tokens_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.auth.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Credentials:
    """One cloud's. `renewing_since`: a refresh token was sent then, and what came back was never seen."""

    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)  # by the setting's name
    tokens: Tokens | None = None
    renewing_since: datetime | None = None
    refused: str | None = None  # the cloud's word, once it has refused to renew these tokens


def to_bytes(credentials: Credentials) -> bytes:
    """Return the clear text that is sealed."""
    since = credentials.renewing_since
    return json.dumps(
        {
            "secrets": dict(credentials.secrets),
            "tokens": None if credentials.tokens is None else tokens_.to_fields(credentials.tokens),
            "renewing_since": None if since is None else since.isoformat(),
            "refused": credentials.refused,
        }
    ).encode()


def from_bytes(clear: bytes) -> Credentials:
    """Return what `to_bytes` was given. Raises `ValueError`: it is not."""
    try:
        value = json.loads(clear)
        since, tokens = value["renewing_since"], value["tokens"]
        return Credentials(
            {str(name): str(secret) for name, secret in value["secrets"].items()},
            None if tokens is None else tokens_.from_fields(tokens),
            None if since is None else datetime.fromisoformat(since),
            value["refused"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("these are no credentials") from error
