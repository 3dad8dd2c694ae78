"""The lines out of the shop, offline by hand, and the outage card."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from agent.api.answers.fields import Time

Cause = Annotated[
    Literal[
        "answered",
        "foreign_page",
        "foreign_certificate",
        "clock",
        "silent",
        "unreached",
        "no_name",
        "no_name_service",
        "no_route",
        "gateway",
        "network",
        "one_host",
        "no_secret",
    ]
    | None,
    Field(
        description="why: another page or certificate than expected (`foreign_page`, `foreign_certificate`), one that "
        "does not hold at this PC's time (`clock`), no answer, no connection, no such name, no name service; no way "
        "out of this PC (`no_route`) or none past its `gateway`; the local `network`; `one_host` alone to ask"
    ),
]


class LineLamp(BaseModel):
    """One lamp: since when it says so, and when that was last seen (null: never)."""

    state: Literal["up", "down", "portal", "unknown", "unused", "trouble", "unauthorized", "offline"]
    cause: Cause
    since: Time | None
    at: Time | None


class LineLamps(BaseModel):
    """What real calls have shown, and how old that is. `unused`: nothing here goes beyond this PC."""

    network: LineLamp
    internet: LineLamp
    clouds: dict[str, LineLamp]


class HeldOffline(BaseModel):
    """One cloud that nothing is sent to."""

    cloud: str
    since: Time
    who: str
    reason: str


class Offline(BaseModel):
    """By cloud, how it is held offline; null where it is not."""

    clouds: dict[str, HeldOffline | None]


class CloudLimit(BaseModel):
    """One thing that a cloud does not take, by a code for translations and in English."""

    code: str
    text: str


class OutageCloud(BaseModel):
    """One cloud on the card. `answered_at`: since the start of the agent, or the last delivery before it.

    `matters` stand before a person (GET /v1/outbox/matters), and those parked are among them. One that is not
    `configured` any more is here while records wait for it, which nobody delivers.
    """

    name: str
    configured: bool
    lamp: LineLamp
    waiting: int
    parked: int
    matters: int
    oldest_waiting: Time | None
    answered_at: Time | None
    offline: HeldOffline | None
    last_error: str | None
    cannot: list[CloudLimit]


class RefusedTender(BaseModel):
    """What cannot be taken now. `no_cloud`: with no line or with one."""

    tender: Literal["card_reader", "gift_card", "points"]
    why: Literal["no_cloud", "no_line"]


class Outage(BaseModel):
    """The outage card. `card_risk`: a terminal may be without a line as well; what it keeps is the store's risk."""

    at: Time
    state: Literal[
        "delivered",
        "no_clouds",
        "sending",
        "waiting",
        "parked",
        "unauthorized",
        "offline",
        "not_configured",
        "cannot_sell",
    ]
    all_delivered: bool
    waiting: int
    parked: int
    matters: int
    oldest_waiting: Time | None
    network: LineLamp
    internet: LineLamp
    clouds: list[OutageCloud]
    works: list[Literal["sell", "cash", "card_terminal", "receipts", "refunds", "cash_up"]]
    refuse: list[RefusedTender]
    card_risk: bool
