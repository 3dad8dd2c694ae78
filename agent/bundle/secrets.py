"""Every secret of this store that can be known, so that it can be looked for and taken out."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from pydantic import BaseModel, SecretStr

from agent import api_token
from agent.config import ConfigInvalid, load
from outbox.auth.keyring import CredentialsError, Keyring

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from agent.places import Places

_NAMED_LIKE = ("SECRET", "TOKEN", "PASSWORD", "KEY")  # in a variable's name


def known(places: Places, environ: Mapping[str, str] = os.environ) -> set[str]:
    """Return what the configuration names, the keyring holds and the environment has, and the local API's token."""
    found = {value for name, value in environ.items() if any(word in name.upper() for word in _NAMED_LIKE)}
    with suppress(ConfigInvalid, OSError):
        config = load(places.config, environ=environ, need_secrets=False)
        for cloud in config.clouds:
            if cloud.settings is not None:
                found |= set(_of(cloud.settings))
    found |= set(_kept(places.state))
    with suppress(OSError):
        token = api_token.read(places.state)
        if token is not None:
            found.add(token)
    return {secret for secret in found if secret}


def _kept(state: Path) -> Iterator[str]:
    """Yield what the keyring holds; what cannot be opened by this user is in no text that this user can read."""
    keyring, files = Keyring(state), []
    with suppress(OSError):
        files = sorted(keyring.folder.glob("*"))
    for file in files:
        with suppress(CredentialsError):
            credentials = keyring.read(file.name)
            if credentials is None:
                continue
            yield from credentials.secrets.values()
            if credentials.tokens is not None:
                yield from (token for token in (credentials.tokens.access, credentials.tokens.refresh) if token)


def _of(settings: BaseModel) -> Iterator[str]:
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
        elif isinstance(value, BaseModel):
            yield from _of(value)
