"""How tokens for a Shopify shop are got and renewed.

An app of the seller's own (Dev Dashboard) signs in by itself, for a day at a time; any other app sends a person to the
shop's page once, and gets tokens of an hour with a refresh token that is new each time. A used one works until its
successor was used. Source: shopify.dev, "Using the client credentials grant", "About offline access tokens",
"More resilient refreshes for expiring offline access tokens".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from outbox.auth.oauth2 import SignIn

if TYPE_CHECKING:
    from pydantic import SecretStr

HEADER = "x-shopify-access-token"


def sign_in(
    base_url: str, client_id: str, client_secret: SecretStr | None, redirect_url: str | None, scopes: tuple[str, ...]
) -> SignIn:
    """Return how this app signs in: by a person where it has a `redirect_url`, else by itself."""
    own = SignIn(
        f"{base_url}/admin/oauth/access_token",
        client_id,
        client_secret,
        pkce=False,
        life_s=24 * 3600.0,
        header=HEADER,
        scheme="",
    )
    if redirect_url is None:
        return own
    return SignIn(
        own.token_url,
        client_id,
        client_secret,
        authorize_url=f"{base_url}/admin/oauth/authorize",
        redirect_url=redirect_url,
        scopes=scopes,
        scope_separator=",",
        pkce=False,
        own_fields=(("expiring", "1"),),
        rotates=True,
        forgives=True,
        life_s=3600.0,
        header=HEADER,
        scheme="",
    )
