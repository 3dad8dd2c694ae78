"""Connecting one cloud: a person signs in or gives a key, the cloud is asked whether it takes it, and it is kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError

from agent.config.secret import is_sendable
from agent.connecting import checking
from agent.connecting.listener import Busy, listening
from agent.ways import connectors, way
from outbox.auth.credentials import Credentials
from outbox.auth.oauth2 import begin, client_request, code_request, read_redirect, read_tokens
from outbox.clouds.packages import kind_of
from outbox.mapping import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import BaseModel

    from agent.config import CloudConfig, Config
    from agent.connecting.checking import Asked
    from outbox.auth.keyring import Keyring
    from outbox.auth.oauth2 import SignIn
    from outbox.auth.tokens import Tokens
    from outbox.connector import Request

CONSENT_S = 600.0  # for a person to find a password and a second factor; a code itself is good for five minutes


class Person(Protocol):
    """Who sits at this PC."""

    def secret(self, name: str) -> str:
        """Ask for a secret, without showing it."""
        ...

    def sign_in(self, url: str, *, comes_back: bool) -> None:
        """Send them to a page; `comes_back`: their browser is heard when they are done."""
        ...

    def pasted(self) -> str:
        """Ask for the address that the page ended at."""
        ...


class NotConnected(Exception):
    """It did not come about; nothing was kept but what a message says. `hint` is the next step."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Connected:
    """A cloud that is connected. `asked` is None where its kind cannot be asked anything."""

    asked: Asked | None
    tokens: Tokens | None = None


@dataclass(slots=True)
class Connecting:
    """One cloud on its way to be connected."""

    cloud: CloudConfig
    config: Config
    keyring: Keyring
    person: Person
    paste: bool = False
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def run(self) -> Connected:
        """Do it. Raises `NotConnected`, `SignInError`, `ExchangeError` or `CredentialsError`."""
        settings = self.cloud.settings
        if settings is None:
            _, without = connectors(self.config)
            raise NotConnected(
                without[self.cloud.name],
                hint="mend what `stillopen check` names; or take a secret's line out of the file",
            )
        kind = kind_of(self.cloud.kind)
        given = await self._secrets(kind.asks(settings), settings)
        sign_in = kind.sign_in(_with(settings, given))
        if sign_in is not None:
            return await self._signed_in(sign_in, given)
        if not given:
            return Connected(await self._ask(settings))
        return await self._with_key(settings, given)

    async def _secrets(self, wanted: tuple[str, ...], settings: BaseModel) -> Mapping[str, str]:
        given: dict[str, str] = {}
        for name in wanted:
            value = (await asyncio.to_thread(self.person.secret, name)).strip()
            if not value:
                raise NotConnected(f"no {name.replace('_', ' ')} was given", hint="connect again and paste it")
            if not is_sendable(value):
                raise NotConnected(
                    f"that is no {name.replace('_', ' ')}: it holds more than plain characters",
                    hint="copy it once more, alone and whole",
                )
            given[name] = value
        try:
            _with(settings, given)
        except ValidationError as error:
            wrong = "; ".join(f"{one['loc'][0]}: {one['msg']}" for one in error.errors(include_input=False))
            raise NotConnected(f"that cannot be right: {wrong}", hint="copy it once more, whole") from None
        return given

    async def _with_key(self, settings: BaseModel, given: Mapping[str, str]) -> Connected:
        asked = await self._ask(_with(settings, given))
        if asked is not None and not asked.answered:
            raise NotConnected(
                f"{self.cloud.name} could not be asked about it, and nothing was kept: {_wrong(asked)}",
                hint="connect again when it can be reached",
            )
        if asked is not None and not asked.accepted:
            raise NotConnected(
                f"{self.cloud.name} does not accept it, and nothing was kept: {_wrong(asked)}",
                hint="check what was pasted, and the cloud's section of stillopen.toml; then connect again",
            )
        await asyncio.to_thread(self._keep, Credentials(secrets=dict(given)))
        return Connected(asked)

    async def _signed_in(self, sign_in: SignIn, given: Mapping[str, str]) -> Connected:
        way_ = way(self.cloud, self.config, self.keyring, now=self.now)
        try:
            asked_for = await self._grant(sign_in)
            parts = urlsplit(sign_in.token_url)
            answer = await way_.session.exchange(f"{parts.scheme}://{parts.netloc}", asked_for, {})
            tokens = read_tokens(sign_in, answer, self.now())
        finally:
            await way_.aclose()
        # Kept before anything is asked: what renews it may be given only once.
        kept = Credentials(secrets=dict(given), tokens=tokens)
        await asyncio.to_thread(self._keep, kept)
        assert self.cloud.settings is not None, "seen at the beginning"
        return Connected(await self._ask(self.cloud.settings), tokens)

    def _keep(self, credentials: Credentials) -> None:
        """Write them down, after a renewal that is under way in the agent: its tokens are of the sign-in before."""
        with self.keyring.alone(self.cloud.name):
            self.keyring.write(self.cloud.name, credentials)

    async def _grant(self, sign_in: SignIn) -> Request:
        """Return the request for the tokens, once the person has agreed to it."""
        if not sign_in.by_person:
            return client_request(sign_in)
        begun = begin(sign_in)
        if sign_in.listens and not self.paste:
            try:
                async with listening(begun, sign_in.redirect_url) as listener:
                    await asyncio.to_thread(self.person.sign_in, begun.url, comes_back=True)
                    return code_request(sign_in, begun, await listener.code(CONSENT_S))
            except Busy as error:
                raise NotConnected(str(error), hint="connect again with --paste, or free that port") from error
        await asyncio.to_thread(self.person.sign_in, begun.url, comes_back=False)
        pasted = (await asyncio.to_thread(self.person.pasted)).strip()
        if not pasted:
            raise NotConnected("nothing was pasted", hint="begin again, and paste the address the browser ended at")
        return code_request(sign_in, begun, read_redirect(begun, pasted))

    async def _ask(self, settings: BaseModel) -> Asked | None:
        """Ask the smallest question there is, with these settings and what the keyring has."""
        cloud = replace(self.cloud, settings=settings)
        return await checking.compare(cloud, self.config, self.keyring, first_only=True, now=self.now)


def _with(settings: BaseModel, secrets: Mapping[str, str]) -> BaseModel:
    """Return the settings with these secrets, checked as the file's own are. Raises `ValidationError`."""
    own = {name: getattr(settings, name) for name in type(settings).model_fields}
    return type(settings).model_validate(own | {name: SecretStr(secret) for name, secret in secrets.items()})


def _wrong(asked: Asked) -> str:
    return "; ".join(found.text for found in asked.findings if found.level is Level.WRONG)
