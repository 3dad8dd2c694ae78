"""The outage card as a value and on paper, and what can be taken for a sale."""

from __future__ import annotations

from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from agent.api.answers.line import Outage
from agent.outage.card import card
from agent.outage.paper import paper
from agent.outage.words import words
from agent.tender_kinds import KINDS, refusal
from drivers.printer.document import Row, Text, to_json

AT = "2026-11-21T12:00:00+00:00"
STATES = get_args(Outage.model_fields["state"].annotation)
NARROWEST = 32  # columns of 58 mm paper


def lamp(state: str = "up", cause: str | None = None) -> dict[str, Any]:
    return {"state": state, "cause": cause, "since": AT, "at": AT}


def cloud(**known: Any) -> dict[str, Any]:
    counts = {"waiting": 0, "sending": 0, "delivered": 9, "parked": 0}
    nothing: dict[str, Any] = {
        "oldest_waiting": None,
        "last_error": None,
        "answered_at": AT,
        "offline": None,
        "cannot": [],
        "configured": True,
    }
    return counts | nothing | known


def made(
    clouds: dict[str, dict[str, Any]],
    lamps: dict[str, dict[str, Any]] | None = None,
    *,
    internet: str = "up",
    fault: str | None = None,
    providers: dict[str, str] | None = None,
) -> dict[str, Any]:
    line = {
        "network": lamp(),
        "internet": lamp(internet),
        "clouds": {name: lamp() for name in clouds} | (lamps or {}),
    }
    return card(at=AT, fault=fault, line=line, clouds=clouds, providers=providers or {})


HELD = {"cloud": "a", "since": AT, "who": "Kim", "reason": "the line is dear"}


@pytest.mark.parametrize(
    ("shown", "state", "all_delivered"),
    [
        (made({}), "no_clouds", True),
        (made({"a": cloud(), "b": cloud()}), "delivered", True),
        (made({"a": cloud()}, {"a": lamp("down")}), "delivered", True),
        (made({"a": cloud(waiting=1, oldest_waiting=AT)}), "sending", False),
        (made({"a": cloud(sending=1, oldest_waiting=AT)}, {"a": lamp("down")}), "waiting", False),
        (made({"a": cloud(waiting=1)}, {"a": lamp("unknown")}), "waiting", False),
        (made({"a": cloud(), "b": cloud(waiting=1)}, {"a": lamp("down")}), "sending", False),
        (made({"a": cloud(waiting=1, offline=HELD), "b": cloud(waiting=1)}, {"b": lamp("down")}), "offline", False),
        (made({"a": cloud(offline=HELD)}), "delivered", True),
        (made({"a": cloud(parked=1)}), "parked", False),
        (made({"a": cloud(parked=1, waiting=1)}), "parked", False),
        (made({"a": cloud(parked=1), "b": cloud(waiting=1)}, {"b": lamp("down")}), "parked", False),
        (made({"a": cloud(waiting=5)}, {"a": lamp("unauthorized")}), "unauthorized", False),
        (made({"a": cloud(waiting=5, parked=1)}, {"a": lamp("unauthorized")}), "unauthorized", False),
        (made({"a": cloud()}, {"a": lamp("unauthorized")}), "delivered", True),
        (made({"a": cloud(waiting=1, offline=HELD), "b": cloud(parked=1)}), "offline", False),
        (made({"a": cloud(), "b": cloud(waiting=1, configured=False)}), "not_configured", False),
        (made({"b": cloud(parked=1, configured=False, offline=HELD)}), "not_configured", False),
        (made({"a": cloud()}, fault="the disk failed"), "cannot_sell", False),
    ],
)
def test_one_word_stands_above_it_all(shown: dict[str, Any], state: str, all_delivered: bool) -> None:  # noqa: FBT001 - a case's own
    assert (shown["state"], shown["all_delivered"]) == (state, all_delivered)
    assert bool(shown["works"]) is (state != "cannot_sell")
    assert (shown["waiting"] == 0 and shown["parked"] == 0) or not all_delivered


def test_the_oldest_of_all_clouds_and_a_cloud_without_a_lamp() -> None:
    older = "2026-11-20T08:00:00+00:00"
    shown = made({"a": cloud(waiting=2, oldest_waiting=AT), "b": cloud(waiting=1, sending=1, oldest_waiting=older)})
    assert (shown["waiting"], shown["oldest_waiting"]) == (4, older)
    line = {"network": lamp("unused"), "internet": lamp("unused"), "clouds": {}}
    bare = card(at=AT, fault=None, line=line, clouds={"a": cloud(waiting=1)}, providers={})
    assert (bare["clouds"][0]["lamp"]["state"], bare["state"]) == ("unknown", "waiting")


@pytest.mark.parametrize(("internet", "risk"), [("up", False), ("down", True), ("portal", True), ("unknown", False)])
def test_a_card_may_be_the_stores_risk_while_the_line_is_down(internet: str, risk: bool) -> None:  # noqa: FBT001 - a case's own
    assert made({"a": cloud()}, internet=internet)["card_risk"] is risk


def test_what_a_cloud_takes_is_taken_while_its_line_carries() -> None:
    providers = {"gift_card": "a"}
    assert made({"a": cloud()}, providers=providers)["refuse"] == [
        {"tender": "card_reader", "why": "no_cloud"},
        {"tender": "points", "why": "no_cloud"},
    ]
    down = made({"a": cloud()}, {"a": lamp("down")}, providers=providers)["refuse"]
    assert {"tender": "gift_card", "why": "no_line"} in down
    assert refusal("gift_card", providers, {"a": "up"}) is None
    problem = refusal("gift_card", providers, {"a": "down"})
    assert problem is not None
    assert problem.detail == (
        "A gift card cannot be taken: a cannot be asked now. "
        "Take cash, or a card on a terminal of its own with its slip number."
    )
    assert [refusal(type_, {}, {}) for type_ in ("cash", "card", "exchange")] == [None] * 3


@pytest.mark.parametrize("locale", ["en", "de_DE", "fr"])
@pytest.mark.parametrize("state", STATES)
def test_every_state_has_its_words_on_the_narrowest_paper(locale: str, state: str) -> None:
    lamps = ("up", "down", "portal", "unknown", "unused", "trouble", "unauthorized", "offline")
    clouds = {f"cloud-{each}": cloud(waiting=3, parked=1, oldest_waiting=AT, offline=HELD) for each in lamps}
    clouds["new"] = cloud(answered_at=None)
    clouds["old"] = cloud(waiting=3, configured=False)
    shown = made(clouds, {f"cloud-{each}": lamp(each) for each in lamps}) | {"state": state}
    shown["refuse"] = [{"tender": kind.type, "why": why} for kind in KINDS[2:] for why in ("no_cloud", "no_line")]
    document = paper(shown, store="Corner Shop", locale=locale, timezone=ZoneInfo("Europe/Berlin"))
    assert to_json(document)
    texts = [item.text for item in document.items if isinstance(item, Text)]
    assert words(locale)[f"state.{state}"] in texts
    assert f"  {words(locale)['gone']}" in texts
    for item in document.items:
        if isinstance(item, Row):
            assert len(item.right) < NARROWEST, item


def test_both_languages_have_the_same_words() -> None:
    assert words("de").keys() == words("en_GB").keys()
