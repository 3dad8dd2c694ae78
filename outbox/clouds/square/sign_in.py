"""Signing in to Square: the code flow with PKCE, or with the application's secret.

Source: ObtainToken in Square's API description 2025-08-20, and its pages on OAuth. An access token is good for 30 days,
and Square asks to renew it every week. With PKCE a refresh token is good for one use and for 90 days; with the
application's secret it stays the same. Square takes only an https redirect address for production, so that the code is
pasted there; the sandbox takes http://localhost as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from outbox.auth.oauth2 import SignIn

if TYPE_CHECKING:
    from pydantic import SecretStr

SCOPES = (
    "CUSTOMERS_READ",
    "CUSTOMERS_WRITE",
    "INVENTORY_READ",
    "INVENTORY_WRITE",
    "ITEMS_READ",
    "MERCHANT_PROFILE_READ",
    "ORDERS_READ",
    "ORDERS_WRITE",
    "PAYMENTS_READ",
    "PAYMENTS_WRITE",
)
LIFE_S = 30 * 86_400.0


def sign_in(base_url: str, application_id: str, secret: SecretStr | None, redirect_url: str) -> SignIn:
    """Return how an application signs in at Square, or at its sandbox."""
    return SignIn(
        token_url=f"{base_url}/oauth2/token",
        client_id=application_id,
        client_secret=secret,
        authorize_url=f"{base_url}/oauth2/authorize",
        redirect_url=redirect_url,
        scopes=SCOPES,
        pkce=secret is None,
        as_json=True,
        rotates=secret is None,
        life_s=LIFE_S,
    )
