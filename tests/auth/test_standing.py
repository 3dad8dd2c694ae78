"""Where credentials come from, kind by kind; what a cloud does not do, in words; and what asking it shows."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from agent.cli import main
from agent.connecting import checking
from outbox.auth.authorizer import SignInNeeded, Static
from outbox.auth.credentials import Credentials
from outbox.auth.kept import Kept, authorizer
from outbox.auth.keyring import Keyring
from outbox.auth.refresher import Refresher
from outbox.calls import Calls, without
from outbox.cannot import limits
from outbox.capabilities import Arithmetic, Capabilities, SaleTime, StockWrites
from outbox.clouds import KINDS, StoreFacts, make
from outbox.connector import Answer, Request
from outbox.feeds import Feed, FeedRules
from outbox.mapping import Finding, Level, Question
from outbox.record import Kind
from outbox.session import AnswerLost
from tests.agent.store import CONFIG, opened
from tests.auth.lying_sign_in import LyingSignIn
from tests.auth.test_connect import run, types
from tests.clouds.serving import serving

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

STORE = StoreFacts("store-1", "EUR", prices_include_tax=True, timezone="Europe/Berlin")
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ANY = Request("GET", "/")
SALES = Capabilities(kinds=frozenset({Kind.SALE, Kind.REFUND}), arithmetic=Arithmetic.SERVER)


@dataclass
class Wire:
    """Answers what it is told to, one after the other."""

    answers: list[Answer | Exception] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        self.headers.append(dict(headers))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def of(kind: str, keyring: Keyring, wire: Wire, **settings: Any) -> Any:
    given = KINDS[kind].settings().model_validate(settings)
    return authorizer("it", KINDS[kind], given, lambda full: make(kind, full, STORE), keyring, wire, lambda: NOW)


@pytest.mark.parametrize(
    ("kind", "settings", "by"),
    [
        ("square", {"location_id": "L", "token": SecretStr("a-token")}, Static),
        ("square", {"location_id": "L", "token": SecretStr("a-token"), "application_id": "app"}, Static),
        ("square", {"location_id": "L"}, Kept),
        ("square", {"location_id": "L", "application_id": "app"}, Refresher),
        ("square", {"location_id": "L", "application_id": "app", "application_secret": SecretStr("s")}, Refresher),
        ("stripe", {"key": SecretStr("rk_test_1234567890")}, Static),
        ("stripe", {}, Kept),
        ("woocommerce", {"base_url": "https://shop.example"}, Kept),
        ("webhook", {"url": "https://b.example", "secret": SecretStr("whsec_" + "A" * 40)}, Static),
    ],
)  # fmt: skip
def test_credentials_come_from_the_section_the_keyring_or_a_sign_in(
    kind: str, settings: dict[str, Any], by: type[Static | Kept | Refresher], tmp_path: Path
) -> None:
    found = of(kind, Keyring(tmp_path), Wire(), **settings)
    assert isinstance(found, by)
    assert found.standing.by == {Static: "configuration", Kept: "keyring", Refresher: "sign_in"}[by]


async def test_a_key_in_the_keyring_is_used_from_the_next_call_on(tmp_path: Path) -> None:
    keyring, wire = Keyring(tmp_path, environ={}), Wire([Answer(401, {}, b""), Answer(200, {}, b"")])
    found = of("square", keyring, wire, location_id="L")
    calls = Calls("https://c.example", wire, found)
    with pytest.raises(SignInNeeded, match="stillopen cloud connect it"):
        await calls.exchange(ANY)
    keyring.write("it", Credentials({"token": "the-first-token"}))
    assert (await found.headers(ANY, ""))["authorization"] == "Bearer the-first-token"
    assert not await found.renewed({})
    headers = found.headers

    async def meanwhile(request: Request, key: str) -> dict[str, str]:
        shown: dict[str, str] = await headers(request, key)
        if not wire.headers:  # a person connects it again while the first call is on its way
            keyring.write("it", Credentials({"token": "the-second-token"}))
        return shown

    object.__setattr__(calls, "authorizer", _Meanwhile(meanwhile, found))
    assert (await calls.exchange(ANY)).status == 200
    assert [one["authorization"] for one in wire.headers] == ["Bearer the-first-token", "Bearer the-second-token"]
    (keyring.folder / "it").write_bytes(b"damaged")
    with pytest.raises(SignInNeeded, match="damaged"):
        await found.headers(ANY, "")


@dataclass
class _Meanwhile:
    """An authorizer in the middle of whose work something happens."""

    headers: Any
    real: Any

    async def renewed(self, refused: Mapping[str, str]) -> bool:
        return bool(await self.real.renewed(refused))


def test_short_words_of_a_header_are_not_taken_for_secrets() -> None:
    headers = {"stripe-version": "2026-10-28", "authorization": "Bearer sk_test_very_long_one"}
    assert without(b"2026-10-28: sk_test_very_long_one", headers) == b"2026-10-28: (secret)"


# --- what it does not do ---


@pytest.mark.parametrize("kind", KINDS)
def test_what_each_kind_does_not_do_is_said_once_in_whole_sentences(kind: str) -> None:
    found = limits(KINDS[kind].capabilities())
    assert len({limit.code for limit in found}) == len(found)
    assert all(limit.text.endswith(".") for limit in found)


@pytest.mark.parametrize(
    ("of_it", "code"),
    [
        (SALES, "time_of_sale"),
        (replace(SALES, sale_time=SaleTime.DAY), "time_of_day"),
        (replace(SALES, sale_time=SaleTime.INSTANT, back_dating_s=60 * 86_400.0), "old_sales"),
        (replace(SALES, stock=StockWrites.ABSOLUTE), "stock_absolute"),
        (replace(SALES, stock=StockWrites.DELTA, stock_back_dating_s=86_400.0), "old_stock"),
        (replace(SALES, stock=StockWrites.NONE), "stock"),
        (replace(SALES, kinds=frozenset({Kind.SALE})), "refunds"),
        (replace(SALES, kinds=frozenset({Kind.REFUND})), "sales"),
        (replace(SALES, card_reader=True), "card_reader"),
        (replace(SALES, customers=True), "new_customers"),
        (replace(SALES, feeds=(FeedRules(Feed.DISCOUNTS, tombstones=True),)), "discount_conditions"),
        (SALES, "cash"),
    ],
)
def test_a_limit_is_said_where_it_is_one(of_it: Capabilities, code: str) -> None:
    assert code in {limit.code for limit in limits(of_it)}


def test_a_cloud_that_does_it_all_has_no_limits_of_sales() -> None:
    whole = Capabilities(
        kinds=frozenset({Kind.SALE, Kind.REFUND}),
        arithmetic=Arithmetic.CLIENT,
        sale_time=SaleTime.INSTANT,
        split_tender=True,
        itemised_refund=True,
        unlinked_refund=True,
        stock=StockWrites.VIA_SALE,
        customers=True,
        new_customers=True,
        card_reader=True,
        offline_card=True,
    )
    said = {limit.code for limit in limits(whole)}
    assert said == {"cash", "shifts", "items", "stock_levels", "customer_list", "discount_list"}
    every = replace(whole, kinds=frozenset(Kind), sale_time=SaleTime.NONE)
    assert "time_of_sale" not in {limit.code for limit in limits(every)}, "who takes every record as it is has no view"
    assert "60 days" in limits(replace(whole, back_dating_s=60 * 86_400.0))[2].text


# --- asking ---


@dataclass
class Checks:
    """Questions whose answers name the next ones."""

    endless: bool = False

    def questions(self) -> Sequence[Question]:
        return [Question("who", ANY), Question("taxes", ANY)]

    def findings(self, name: str, answer: Answer) -> Sequence[Finding | Question]:
        found = Finding(Level.GOOD if answer.status == 200 else Level.WRONG, name, "line = 1")
        return [found, Question("more", ANY)] if name == "taxes" or self.endless else [found]


def dated(ahead: timedelta) -> Answer:
    return Answer(200, {"date": format_datetime(NOW + ahead, usegmt=True)}, b"")


async def asked(answers: list[Answer | Exception], checks: Checks | None = None, **how: Any) -> checking.Asked:
    wire = Wire(answers)
    square = of("square", Keyring.__new__(Keyring), wire, location_id="L", token=SecretStr("a-token-that-is-good"))
    return await checking.ask(checks or Checks(), Calls("https://c.example", wire, square), now=lambda: NOW, **how)


async def test_everything_is_asked_and_the_clocks_are_compared() -> None:
    found = await asked([dated(timedelta()), Answer(200, {}, b""), Answer(200, {}, b"")])
    assert [one.text for one in found.findings] == ["who", "taxes", "more", "its clock and this PC's agree"]
    assert found.is_good
    assert found.accepted
    assert checking.proposals(found.findings) == ("line = 1",)
    first = await asked([dated(timedelta(hours=-1))], first_only=True)
    assert "3600 s fast" in first.findings[-1].text
    assert not first.is_good
    assert first.accepted
    assert "slow" in (await asked([dated(timedelta(hours=1))], first_only=True)).findings[-1].text
    assert len((await asked([Answer(200, {}, b"")], first_only=True)).findings) == 1


async def test_an_answer_that_does_not_come_ends_the_asking_in_words() -> None:
    found = await asked([dated(timedelta()), AnswerLost("the line went", hint="Look at the cable.")])
    assert not found.answered
    assert found.accepted
    assert "Look at the cable." in found.findings[-1].text
    refused = await asked([Answer(401, {}, b"")], first_only=True)
    assert not refused.accepted


async def test_pages_without_end_are_not_asked_for_ever() -> None:
    found = await asked([Answer(200, {}, b"")] * checking.QUESTIONS_MAX, Checks(endless=True))
    assert "more and more pages" in found.findings[-1].text


# --- as people see it ---


async def test_the_status_says_how_the_credentials_stand_and_what_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud = '[[cloud]]\nname = "woo"\nkind = "woocommerce"\nbase_url = "http://127.0.0.1:9"\n'
    stripe = '[[cloud]]\nname = "cards"\nkind = "stripe"\nbase_url = "http://127.0.0.1:9"\n'
    async with opened(tmp_path, config=CONFIG + cloud + stripe) as shop:
        await shop.sold("MUG")
        await shop.until(lambda: shop.app.lanes.views()["woo"]["state"] == "unauthorized")
        views = shop.app.status()["clouds"]
        json.dumps(views)
    assert "stillopen cloud connect woo" in views["woo"]["last_error"]
    assert views["woo"]["credentials"] == {"by": "keyring", "good_until": None, "ends_at": None, "missing": True}
    assert {limit["code"] for limit in views["cards"]["cannot"]} >= {"card_reader", "items"}
    for name, view in views.items():
        throttle = KINDS[{"woo": "woocommerce", "cards": "stripe"}[name]]
        assert (view["limits"] is None) or set(view["limits"]) == {"left", "burst", "per_s"}, throttle
    places = ["--config", str(tmp_path / "stillopen.toml"), "--state", str(tmp_path / "state")]
    assert await asyncio.to_thread(main, ["check", "--json", *places]) == 0
    assert json.loads(capsys.readouterr().out)["not_connected"] == ["woo", "cards"]
    assert await asyncio.to_thread(main, ["check", *places]) == 0
    assert "stillopen cloud connect cards" in capsys.readouterr().out


async def test_an_app_of_the_sellers_own_signs_in_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lying = LyingSignIn(path="/admin/oauth/access_token", client_secret="the-apps-own-secret")
    async with serving(lying) as base_url:
        shopify = f'name = "shop"\nkind = "shopify"\nbase_url = "{base_url}"\nclient_id = "app"\nlocation_id = "1"\n'
        types(monkeypatch, "the-apps-own-secret")
        await run(tmp_path, shopify, "connect", "shop", "--json")
    said = capsys.readouterr()
    assert json.loads(said.out)["connected"] is True
    kept = Keyring(tmp_path / "state", environ={}).read("shop")
    assert kept is not None
    assert kept.secrets == {"client_secret": "the-apps-own-secret"}
    assert kept.tokens is not None
    assert kept.tokens.access == "access-token-0001"
    assert lying.asked_for[0]["grant_type"] == "client_credentials"
    assert any("access-token-0001" not in call for call in lying.calls), "Shopify shows it in a header of its own"
