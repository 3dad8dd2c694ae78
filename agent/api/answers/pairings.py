"""Who is let in."""

from __future__ import annotations

from pydantic import BaseModel

from agent.api.answers.fields import Time


class Proof(BaseModel):
    """HMAC-SHA256 in hex, by the token's SHA-256, of `stillopen`, the nonce, the host and the port, a line each."""

    proof: str


class PairingCode(BaseModel):
    """A code, good once."""

    code: str
    expires_in_s: int


class Pairing(BaseModel):
    """A front end that was let in; `origin` is `page`, `program` or the web front end's.

    `acts_as` is a role, or the id of one of the staff; null: it acts as itself. `allow` is what it may use;
    null: everything.
    """

    id: str
    origin: str
    name: str
    made_at: Time
    acts_as: str | None
    allow: list[str] | None


class Paired(BaseModel):
    """The pairing, and its token, told this once; our own page gets a cookie instead."""

    pairing: Pairing
    token: str | None = None


class OnePairing(BaseModel):
    """A pairing."""

    pairing: Pairing


class Pairings(BaseModel):
    """Everyone who is paired."""

    pairings: list[Pairing]
