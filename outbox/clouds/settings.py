"""What the kinds' settings have in common."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from outbox.session import url_fault


class CloudSettings(BaseModel):
    """Strict and closed: a key it does not know is an error, not a surprise."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class ShopSettings(CloudSettings):
    """Of a kind that has discounts with names."""

    discounts: Literal["pull", "none"] = Field(
        "none", description="whether its discounts with a name are pulled, for cashiers to choose at the till"
    )


class SellerSettings(ShopSettings):
    """Of a kind that takes an access token, and that customers are sent to."""

    token: SecretStr | None = Field(None, min_length=1, description="an access token of the seller's account")
    customers: Literal["both", "up", "none"] = Field(
        "up", description="whose customers the other learns of: both of each other's, the cloud of the store's, nobody"
    )


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
