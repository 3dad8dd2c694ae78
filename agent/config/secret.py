"""A secret in the configuration is named, `{ env = "NAME" }` or `{ file = "path" }`, never written there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from agent.config.problems import Finding, did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from agent.config.problems import Loc

SECRET_BYTES_MAX = 16 * 1024  # the longest tokens (JWTs, PEM keys) are under 8 KiB; more is the wrong file
MISSING = "secret-missing"

_HOW = 'name the secret instead: {key} = {{ env = "{example}" }} or {key} = {{ file = "{key}.txt" }}'


def resolve(value: Any, loc: Loc, *, folder: Path, environ: Mapping[str, str], example: str) -> SecretStr | Finding:
    """Fetch the secret that `value` names; a relative file is beside the configuration, in `folder`.

    A finding with the code `secret-missing` says that the name is in order and no usable secret is there.
    """
    how = _HOW.format(key=loc[-1], example=example)
    if not isinstance(value, dict):
        return Finding(loc, "a value written in the file (not shown)", how)
    if len(value) != 1 or not set(value) <= {"env", "file"}:
        word = next((key for key in value if key not in {"env", "file"}), None)
        if word is not None:
            return Finding((*loc, word), f"an unknown key {shown(word)}", did_you_mean(word, ["env", "file"]) + how)
        return Finding(loc, "both env and file" if value else "an empty table", how)
    source, name = next(iter(value.items()))
    if not isinstance(name, str) or not name or "\0" in name:
        return Finding((*loc, source), "what is not a name", how)
    if source == "env":
        return _from_env(name, loc, environ)
    return _from_file(folder / name, loc)


def _from_env(name: str, loc: Loc, environ: Mapping[str, str]) -> SecretStr | Finding:
    text = environ.get(name, "").strip()
    if text:
        return _sendable(text, loc, shown(name))
    return Finding(
        loc,
        f"no environment variable {shown(name)}" if name not in environ else f"{shown(name)} empty",
        "set it for the user the agent runs as (a service has an environment of its own), or name a file",
        MISSING,
    )


def _from_file(path: Path, loc: Loc) -> SecretStr | Finding:
    try:
        with path.open("rb") as file:
            raw = file.read(SECRET_BYTES_MAX + 1)
        text = raw.decode("utf-8-sig").strip()
    except FileNotFoundError:
        return Finding(loc, f"no file {path}", "write the secret there, readable by the agent only", MISSING)
    except UnicodeDecodeError:
        return Finding(loc, f"what is not text in {path}", "save the secret there as plain UTF-8 text", MISSING)
    except OSError as error:
        return Finding(
            loc,
            f"{path} unreadable ({error.strerror})",
            "let the user the agent runs as read it",
            MISSING,
        )
    if not text:
        return Finding(loc, f"{path} empty", "write the secret there", MISSING)
    if len(raw) > SECRET_BYTES_MAX:
        return Finding(
            loc, f"more than {SECRET_BYTES_MAX} bytes in {path}", "name the file with the secret alone", MISSING
        )
    return _sendable(text, loc, str(path))


def _sendable(text: str, loc: Loc, where: str) -> SecretStr | Finding:
    """Take only what a request's header can carry: one that cannot be sent would be quoted in the error."""
    if is_sendable(text):
        return SecretStr(text)
    found = f"more than one line of plain characters in {where} (not shown)"
    return Finding(
        loc, found, "keep the secret alone there, copied once more, with nothing before or after it", MISSING
    )


def is_sendable(secret: str) -> bool:
    """Return whether a secret is printable ASCII, as every key and token is."""
    return secret.isascii() and secret.isprintable()
