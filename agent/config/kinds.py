"""The kinds of value a configuration key may hold, each refusing with what to write instead.

The sentence a person reads is made of the field's `description` and `examples`; only where the wrong
value itself says more (a float for a rate, a currency in small letters) does the type speak.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError

from agent.config.currencies import CURRENCIES
from agent.config.problems import did_you_mean

FIX = "stillopen_fix"  # the type of an error whose message is already the whole sentence

LINE_CHARS_MAX = 200  # of one line of text; four times the widest paper
RATE_DECIMALS_MAX = 4  # no country's tax rate has more

_DECIMAL = re.compile(r"\d{1,12}(\.\d{1,6})?", re.ASCII)
_HEX = re.compile(r"[0-9A-Fa-f]{2}(?: ?[0-9A-Fa-f]{2})*", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Fa-f:.]{2,45}", re.ASCII)


def fix(sentence: str) -> PydanticCustomError:
    """Return the error whose cure is `sentence`."""
    return PydanticCustomError(FIX, "{sentence}", {"sentence": sentence})


def _decimal(value: Any) -> Decimal:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise fix(f'write it in quotes, so that no digit is lost: "{value}"')
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        comma = isinstance(value, str) and _DECIMAL.fullmatch(value.replace(",", ".", 1))
        raise fix(
            f'write it with a point: "{value.replace(",", ".", 1)}"'
            if comma
            else 'write a plain decimal in quotes, like "19" or "5.5"'
        )
    return Decimal(value)


def _rate(rate: Decimal) -> Decimal:
    exponent = rate.as_tuple().exponent
    assert isinstance(exponent, int)  # the pattern lets no NaN or infinity through
    if rate > 100 or -exponent > RATE_DECIMALS_MAX:  # noqa: PLR2004 - per cent
        raise fix(f'write a rate from "0" to "100" per cent, with at most {RATE_DECIMALS_MAX} decimals')
    return rate


def _currency(code: str) -> str:
    if code not in CURRENCIES:
        raise fix(
            f'{did_you_mean(code, CURRENCIES)}write an ISO 4217 code, three capital letters, like currency = "EUR"'
        )
    return code


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        raise fix(
            f"{did_you_mean(name, available_timezones())}write a name of the IANA time zone database, "
            'like timezone = "Europe/Berlin"'
        ) from None
    return name


def _port_url(url: str) -> str:
    from drivers.errors import PortUrlInvalid
    from drivers.ports import parse_port_url

    try:
        parse_port_url(url)
    except PortUrlInvalid as error:
        said = str(error).removeprefix(f"{url!r}").lstrip(": ")  # the value stands before it already
        raise fix(f"{said}; {error.hint}" if error.hint else said) from error
    return url


def _hex(text: str) -> str:
    from drivers.drawer.talk import COMMAND_BYTES_MAX

    if not _HEX.fullmatch(text) or len(bytes.fromhex(text)) > COMMAND_BYTES_MAX:
        raise fix(f'write 1 to {COMMAND_BYTES_MAX} bytes as pairs of hexadecimal digits, like "07" or "1b 70 00"')
    return text


def _template(text: str) -> str:
    from drivers.errors import TemplateInvalid
    from drivers.scanner.embedded import parse_template

    try:
        parse_template(text)
    except TemplateInvalid as error:
        raise fix(f"{str(error).replace(f'{text!r} is', 'it is', 1)}; {error.hint}") from error
    return text


def _origin(text: str) -> str:
    example = "write scheme://host[:port] with no path, like https://pos.example.com"
    try:
        parts = urlsplit(text)
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        raise fix(example) from None
    if text == "*":
        raise fix(f"every page of the web is not an origin; {example}")
    host = parts.hostname or ""
    bracketed = f"[{host}]" if ":" in host else host
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(bracketed):
        raise fix(example)
    plain = f"{parts.scheme}://{bracketed}{port}"
    if plain != text:
        raise fix(f"write only {plain}" if plain.casefold() != text.casefold() else f"write {plain}")
    return text


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise fix('write a name or an address of this PC, like host = "127.0.0.1"')
    return text


def _path(value: Any, info: Any) -> Path:
    if not isinstance(value, str) or not value or "\0" in value:
        raise fix("write a file's path in quotes; on Windows in single quotes: 'C:\\Shop\\logo.png'")
    folder: Path = info.context["folder"]
    return folder / value


def _folder(value: Any, info: Any) -> Path:
    if not isinstance(value, str) or not value or "\0" in value:
        raise fix("write a folder's path in quotes; on Windows in single quotes: 'E:\\Stillopen'")
    folder: Path = info.context["folder"]
    return folder / value


def _texts(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def as_toml(value: object) -> str:
    """Write an example as TOML: the text of strings, numbers, booleans and lists is JSON's."""
    return json.dumps(value, ensure_ascii=False)


_NO_CONTROLS = r"^[^\x00-\x1f\x7f-\x9f]*$"

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]  # it is part of URLs
TillId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,12}$")]  # it is part of receipt numbers
Line = Annotated[str, StringConstraints(pattern=_NO_CONTROLS, max_length=LINE_CHARS_MAX)]
Title = Annotated[str, StringConstraints(pattern=_NO_CONTROLS, min_length=1, max_length=LINE_CHARS_MAX)]
DecimalText = Annotated[Decimal, BeforeValidator(_decimal)]
Rate = Annotated[Decimal, BeforeValidator(_decimal), AfterValidator(_rate)]
Currency = Annotated[str, AfterValidator(_currency)]
TimeZone = Annotated[str, AfterValidator(_timezone)]
PortUrl = Annotated[str, AfterValidator(_port_url)]
HexBytes = Annotated[str, AfterValidator(_hex)]
TemplateText = Annotated[str, AfterValidator(_template)]
Origin = Annotated[str, AfterValidator(_origin)]
Host = Annotated[str, AfterValidator(_host)]
FilePath = Annotated[Path, BeforeValidator(_path)]
FolderPath = Annotated[Path, BeforeValidator(_folder)]
FromList = BeforeValidator(_texts)  # TOML has lists; what is read from the file is frozen
