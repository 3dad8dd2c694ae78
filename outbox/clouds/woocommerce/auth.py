"""Who is calling: the shop's consumer key and secret, as HTTP Basic over https, signed over plain http.

WooCommerce takes the key as it is only over https. Plain http is only ever to this very machine, and there each request
is signed by OAuth 1.0a with one leg. Source: WooCommerce REST API, "Authentication".
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from outbox.auth.oauth1 import Signer

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pydantic import SecretStr

    from outbox.connector import Request


@dataclass(frozen=True, slots=True)
class Key:
    """A consumer key of one shop. `nonce` makes a text that was never used before."""

    base_url: str
    key: SecretStr | None
    secret: SecretStr | None
    nonce: Callable[[], str]

    def headers(self, request: Request, now: datetime) -> dict[str, str]:
        """Return the header that proves who is sending."""
        assert self.key is not None, "a shop without its key is not called"
        assert self.secret is not None, "a shop without its key's secret is not called"
        key, secret = self.key.get_secret_value(), self.secret.get_secret_value()
        if self.base_url.startswith("https:"):
            return {"authorization": "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()}
        signed = Signer(key, secret).header(
            request.method, self.base_url + request.path, nonce=self.nonce(), timestamp=int(now.timestamp())
        )
        return {"authorization": signed}
