"""The tokens of one cloud, kept good: the only place that renews them.

A refresh token may be good for one use. So one renewal runs at a time (in this process by a lock, between processes by
the file's); the new pair is on the disk before it is used; and that a renewal was begun is on the disk before it is
sent, so that after a lost answer or a crash it is known why the cloud refuses the old one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from outbox.auth.authorizer import SignInNeeded, Standing
from outbox.auth.credentials import Credentials
from outbox.auth.keyring import CredentialsError
from outbox.auth.oauth2 import TokenRefused, TokenTrouble, client_request, read_tokens, refresh_request
from outbox.session import AnswerLost, ExchangeError, NotSent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from outbox.auth.keyring import Keyring
    from outbox.auth.oauth2 import SignIn
    from outbox.auth.tokens import Tokens
    from outbox.calls import Exchanges
    from outbox.connector import Answer, Request

AGAIN_S = 60.0  # after a renewal that failed while the token is still good: nothing is in a hurry
REFUSED_AGAIN_S = 3600.0  # a refusal is final; asked once an hour all the same, in case the cloud was wrong
NEW_S = 600.0  # a token that is no older and is refused is not helped by another: clouds count how many they give

_log = logging.getLogger("stillopen.clouds")


@dataclass(slots=True)
class Refresher:
    """One cloud's. `describe` says how to sign in, with the secrets that are in the keyring."""

    cloud: str
    describe: Callable[[Mapping[str, str]], SignIn]
    keyring: Keyring
    session: Exchanges
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    held: Credentials = field(default_factory=Credentials)
    _stamp: tuple[int, int, int] | None = None
    _read: bool = False
    _alone: asyncio.Lock = field(default_factory=asyncio.Lock)
    _not_before: datetime | None = None  # after a failure
    _bad: str | None = None  # the access token the cloud has refused
    _unkept: Credentials | None = None  # a new pair that the disk has not taken yet, in place of one that is spent

    @property
    def standing(self) -> Standing:
        """The tokens in use, as the cloud gave them."""
        tokens = self.held.tokens
        if tokens is None:
            return Standing("sign_in")
        return Standing("sign_in", tokens.expires_at, tokens.refresh_expires_at)

    async def headers(self, request: Request, key: str) -> dict[str, str]:  # noqa: ARG002 - the contract
        """Return the header that shows a good token. Raises `NotSent` or `SignInNeeded`."""
        tokens = self.held.tokens
        if not self._is_fresh() or tokens is None or self._must(tokens) or self._may(tokens):
            async with self._alone:
                tokens = await self._good()
        return self.describe(self.held.secrets).shown(tokens.access)

    async def renewed(self, refused: Mapping[str, str]) -> bool:
        """Say whether there is another token to be had; then the next headers show it."""
        tokens = self.held.tokens
        if tokens is None:
            return False
        if self.describe(self.held.secrets).shown(tokens.access).items() <= dict(refused).items():
            if tokens.got_at is not None and 0 <= (self.now() - tokens.got_at).total_seconds() < NEW_S:
                return False
            self._bad = tokens.access
        return True

    def _is_fresh(self) -> bool:
        return self._read and self.keyring.stamp(self.cloud) == self._stamp

    def _must(self, tokens: Tokens) -> bool:
        left = tokens.left_s(self.now())
        return tokens.access == self._bad or (left is not None and left <= 0)

    def _may(self, tokens: Tokens) -> bool:
        return tokens.is_due(self.now()) and not self._waits()

    def _waits(self) -> bool:
        """Whether the last renewal failed so short a time ago that the next has to wait. A clock set back waits not."""
        if self._not_before is None:
            return False
        left = (self._not_before - self.now()).total_seconds()
        return 0 < left <= REFUSED_AGAIN_S

    async def _good(self) -> Tokens:
        await self._look()
        tokens = self.held.tokens
        if tokens is not None and not self._must(tokens) and not self._may(tokens):
            return tokens
        if tokens is None and self.describe(self.held.secrets).by_person:
            raise self._needed("nobody has signed in yet")
        if self._waits():
            raise (
                self._refusal()
                if self.held.refused
                else NotSent(
                    f"the sign-in to {self.cloud} could not be renewed just now", hint="It is tried again in a minute."
                )
            )
        try:
            return await self._renew()
        except (ExchangeError, CredentialsError) as error:
            if isinstance(error, CredentialsError):
                self._wait(AGAIN_S)
            if tokens is not None and not self._must(tokens):  # it is good for a while yet
                _log.warning("%s: %s. The sign-in is still good until %s.", self.cloud, error, tokens.expires_at)
                return tokens
            if isinstance(error, CredentialsError):
                raise NotSent(str(error), hint=error.hint) from error
            raise

    async def _look(self) -> None:
        """Read what the keyring has, if it has changed: a person signed in, or another process renewed."""
        if self._is_fresh():
            return
        stamp = self.keyring.stamp(self.cloud)
        try:
            found = await asyncio.to_thread(self.keyring.read, self.cloud)
        except CredentialsError as error:
            raise SignInNeeded(str(error), hint=error.hint) from error
        if found is None or found.tokens != self.held.tokens:
            self._unkept = None
        self.held = Credentials() if found is None else found
        self._stamp, self._read, self._not_before = stamp, True, None

    async def _renew(self) -> Tokens:
        """Renew the tokens, alone among all processes. Raises `NotSent`, `SignInNeeded` or `CredentialsError`."""
        before = self.held.tokens
        lock = await asyncio.to_thread(self.keyring.lock, self.cloud)
        try:
            await self._look()
            tokens = self.held.tokens
            if tokens is not None and tokens != before and not self._must(tokens):
                return tokens  # another process was quicker
            if self._unkept is not None:
                return await self._take_up(self._unkept)
            sign_in = self.describe(self.held.secrets)
            if not sign_in.by_person and (tokens is None or tokens.refresh is None):
                asked = client_request(sign_in)
            elif tokens is None or tokens.refresh is None:
                raise self._needed("the sign-in has run out, and nothing renews it")
            else:
                asked = refresh_request(sign_in, tokens.refresh)
            return await self._spend(sign_in, asked, tokens)
        finally:
            await asyncio.to_thread(lock.release)

    async def _spend(self, sign_in: SignIn, asked: Request, tokens: Tokens | None) -> Tokens:
        spends = sign_in.rotates and tokens is not None
        lost_before = self.held.renewing_since
        if spends and lost_before is None:
            await self._keep(replace(self.held, renewing_since=self.now()))
        try:
            answer = await self._exchange(sign_in, asked)
            fresh = read_tokens(sign_in, answer, self.now(), tokens)
        except AnswerLost as error:
            # What was sent may be spent. It goes once more at once, while the cloud may still know it; then hourly,
            # unless the cloud is one that takes it until its successor is used.
            self._wait(AGAIN_S if lost_before is None or sign_in.forgives or not spends else REFUSED_AGAIN_S)
            raise NotSent(f"the answer to renewing the sign-in was lost: {error}", hint=error.hint) from error
        except NotSent:
            self._wait(AGAIN_S)
            if spends and lost_before is None:
                await self._keep(replace(self.held, renewing_since=None))
            raise
        except TokenTrouble as error:
            self._wait(max(AGAIN_S, error.after_s or 0.0))
            raise NotSent(f"the sign-in to {self.cloud} was not renewed: {error}", hint=error.hint) from error
        except TokenRefused as error:
            self._wait(REFUSED_AGAIN_S)
            with contextlib.suppress(CredentialsError):  # what is not written down is found out again
                await self._keep(replace(self.held, refused=error.code))
            self._wait(REFUSED_AGAIN_S)
            raise self._refusal(error) from error
        self._unkept = replace(self.held, tokens=fresh, renewing_since=None, refused=None)
        return await self._take_up(self._unkept)

    async def _take_up(self, new: Credentials) -> Tokens:
        """Write a new pair down and use it from now on. Where that fails it is held: what it replaces is spent."""
        assert new.tokens is not None
        await self._keep(new)
        self._unkept = self._bad = self._not_before = None
        _log.info("%s: the sign-in was renewed.", self.cloud)
        return new.tokens

    async def _exchange(self, sign_in: SignIn, asked: Request) -> Answer:
        parts = urlsplit(sign_in.token_url)
        return await self.session.exchange(f"{parts.scheme}://{parts.netloc}", asked, {})

    async def _keep(self, credentials: Credentials) -> None:
        """Write credentials down; only then are they held. Finished even if what asked is told to stop."""
        writing = asyncio.create_task(asyncio.to_thread(self.keyring.write, self.cloud, credentials))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            with contextlib.suppress(CredentialsError):  # nobody is there to be told
                await writing
            raise
        self.held, self._stamp = credentials, self.keyring.stamp(self.cloud)

    def _wait(self, seconds: float) -> None:
        self._not_before = self.now() + timedelta(seconds=min(seconds, REFUSED_AGAIN_S))

    def _refusal(self, error: TokenRefused | None = None) -> SignInNeeded:
        why = f"it does not renew the sign-in ({error.code if error else self.held.refused})"
        if self.held.renewing_since is not None:
            at = f"{self.held.renewing_since:%Y-%m-%d %H:%M} UTC"
            why += f"; an answer with new tokens was lost on the line at {at}, and it gives them only once"
        return self._needed(why)

    def _needed(self, why: str) -> SignInNeeded:
        """Return the error that a person has to end; its words stand alone on the till's page."""
        how = f"stillopen cloud connect {self.cloud}"
        return SignInNeeded(f"{self.cloud}: {why}. Sign in: {how}", hint=f"Sign in: {how}")
