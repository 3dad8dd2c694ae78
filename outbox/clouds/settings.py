"""What the kinds' settings have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from outbox.session import url_fault


class CloudSettings(BaseModel):
    """Strict and closed: a key it does not know is an error, not a surprise."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def _cloud_url(url: str) -> str:
    fault = url_fault(url)
    if fault is not None:
        raise ValueError(fault)
    return url


def _api_url(url: str) -> str:
    if "?" in url:
        raise ValueError("it is the address that paths are added to; leave away the ? and what follows")
    return _cloud_url(url).rstrip("/")


CloudUrl = Annotated[str, AfterValidator(_cloud_url)]  # https, or http to this machine
ApiUrl = Annotated[str, AfterValidator(_api_url)]  # likewise, and paths are added to it
