"""The agent's part: when it looks, what it asks root for, and when."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from agent.config import UpdateConfig, load
from agent.problem import Problem
from agent.update import ledger, request
from agent.update.desk import AGAIN_S, QUIET_S, UpdateDesk
from agent.update.errand import ENDED_S, TAKEN_S
from agent.update.idle import busy
from agent.update.ledger import Ending, Staged
from agent.update.machine import Installation, installation, on_windows
from agent.update.request import Asked
from outbox import audit
from outbox.journal import Journal
from tests.api.shop import CONFIG, open_shop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from agent.update.ledger import Did

DAY, NIGHT = datetime(2026, 11, 21, 12, tzinfo=UTC), datetime(2026, 11, 22, 2, 30, tzinfo=UTC)  # 03:30 in Berlin


class Store:
    """A store whose package is in `folder`. `answers`: what the process that fetches says, one after the other."""

    def __init__(self, folder: Path, **update: Any) -> None:
        self.state = folder / "state"
        self.state.mkdir()
        program = folder / "versions" / "1.0.0" / "stillopen.py"
        self.place = Installation(folder / "versions", folder / "own", folder / "root.json", program)
        (self.place.versions / "1.0.0").mkdir(parents=True)
        self.place.own.mkdir()
        self.place.trusted.write_text("{}", encoding="utf-8")
        file = folder / "stillopen.toml"
        file.write_text(CONFIG, encoding="utf-8")
        self.config = replace(load(file), update=UpdateConfig(**{"source": "https://updates.example.com", **update}))
        self.journal = Journal(self.state)
        self.now = DAY
        self.clock = 0.0
        self.busy: str | None = None
        self.asked: list[Asked] = []

    def fetches(self, answer: object) -> None:
        """Have the version's own program answer so when it is asked to fetch."""
        text = answer if isinstance(answer, str) else json.dumps(answer)
        count = f"open({str(self.state / 'fetches')!r}, 'a').write('.')"
        program = f"import sys\n{count}\nassert sys.argv[-2:] == ['fetch', '--json'], sys.argv\nprint({text!r})\n"
        (self.place.versions / "1.0.0" / "stillopen.py").write_text(program, encoding="utf-8")

    @property
    def fetched(self) -> int:
        file = self.state / "fetches"
        return len(file.read_text("utf-8")) if file.exists() else 0

    def desk(self, place: Installation | None, version: str = "1.0.0") -> UpdateDesk:
        return UpdateDesk(
            self.config, self.state, self.journal,
            version=version, zone=ZoneInfo("Europe/Berlin"), place=place, busy=lambda: self.busy, now=lambda: self.now,
            clock=lambda: self.clock,
        )  # fmt: skip

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.clock += seconds

    def ends(self, did: Did, version: str = "1.1.0") -> None:
        """Be root: write down how what was asked for ended."""
        known = ledger.read(self.place.own)
        last = Ending(did, version, self.now.isoformat(), "so it went", "go on")
        ledger.settle(self.place.own, replace(known, settled=known.settled + 1, last=last))

    def is_staged(self, version: str = "1.1.0") -> None:
        known = ledger.read(self.place.own)
        there = Staged(version, version, 0.5, "Faster.")
        ledger.settle(self.place.own, replace(known, settled=known.settled + 1, staged=there))

    def taken(self) -> Asked | None:
        """Be root: take what is asked for."""
        return request.take(self.state) if request.is_asked(self.state) else None


@asynccontextmanager
async def opened(folder: Path, **update: Any) -> AsyncIterator[tuple[Store, UpdateDesk]]:
    store = Store(folder, **update)
    await store.journal.open()
    try:
        yield store, store.desk(store.place)
    finally:
        await store.journal.close()


async def test_it_looks_once_in_the_stores_hours_and_has_root_make_it_ready(tmp_path: Path) -> None:
    async with opened(tmp_path) as (store, desk):
        store.fetches({"version": "1.1.0", "notes": "Faster."})
        await desk._round()
        assert store.fetched == 0  # at noon nobody looks
        store.now = NIGHT
        await desk._round()
        assert (store.fetched, store.taken()) == (1, Asked.STAGE)
        view = desk.view()
        assert (view["found"], view["trouble"], view["why_not"]) == (
            {"version": "1.1.0", "notes": "Faster."},
            None,
            None,
        )
        store.is_staged()
        for _ in range(3):
            store.later(AGAIN_S)
            await desk._round()
        assert store.fetched == 1
        assert store.taken() is None  # whether to switch is somebody's to say
        store.now = NIGHT + timedelta(days=1)
        await desk._round()
        assert (store.fetched, store.taken()) == (2, None)


async def test_by_itself_it_switches_in_the_hours_when_nobody_is_at_a_till(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, mode="by_itself") as (store, desk):
        store.fetches({"nothing": True, "detail": "1.1.0 is the newest"})
        store.is_staged()
        await desk._round()
        assert store.taken() is None  # it is noon
        store.now = NIGHT
        await desk._round()
        assert store.taken() is None  # somebody has only just written
        monkeypatch.setattr(store.journal, "quiet_s", lambda: QUIET_S)
        store.busy = "a sale is open at till-1"
        store.now += timedelta(minutes=1)
        await desk._round()
        assert store.taken() is None
        store.now, store.busy = NIGHT + timedelta(hours=4), None
        await desk._round()
        assert store.taken() is None  # the hours are over, and the leave with them
        store.now = NIGHT + timedelta(days=1)
        await desk._round()
        assert store.taken() is Asked.APPLY
        known = ledger.read(store.place.own).refuse("1.1.0", "it was not well")
        ledger.settle(store.place.own, known)
        store.later(AGAIN_S)
        await desk._round()
        assert store.taken() is None  # not a second time


@pytest.mark.parametrize("mode", ["off", "ask"])
async def test_what_is_not_wanted_is_not_done(tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path, mode=mode) as (store, desk):
        monkeypatch.setattr(store.journal, "quiet_s", lambda: QUIET_S)
        store.fetches({"version": "1.1.0", "notes": ""})
        store.is_staged()
        store.now = NIGHT
        await desk._round()
        assert (store.fetched, store.taken()) == (0 if mode == "off" else 1, None)


async def test_a_person_has_it_done_as_soon_as_nobody_is_at_a_till(tmp_path: Path) -> None:
    async with opened(tmp_path) as (store, desk):
        with pytest.raises(Problem, match="No newer version is ready"):
            desk.ready()
        store.is_staged()
        assert desk.ready() == "1.1.0"
        store.busy = "receipt has something in hand"
        desk.want(Asked.APPLY)
        assert (store.taken(), desk.view()["wanted"], desk.view()["busy"]) == (None, "apply", store.busy)
        store.busy = None
        await desk._round()
        assert (store.taken(), desk.view()["wanted"]) == (Asked.APPLY, "apply")
        await desk._round()
        assert store.taken() is None  # root has it, and is asked once
        store.ends("installed")
        assert (desk.view()["wanted"], desk.view()["working"]) == (None, False)
        with pytest.raises(Problem, match="no version before"):
            desk.before()
        ledger.settle(store.place.own, replace(ledger.read(store.place.own), before="0.9.0"))
        assert desk.before() == "0.9.0"


async def test_what_somebody_at_a_till_has_put_off_is_asked_for_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as (store, desk):
        store.is_staged()
        desk.want(Asked.APPLY)
        assert store.taken() is Asked.APPLY
        store.busy = "a sale is open at till-1"
        store.ends("not_now")
        await desk._round()
        assert (store.taken(), desk.view()["wanted"]) == (None, "apply")
        store.busy = None
        await desk._round()
        assert store.taken() is Asked.APPLY
        store.ends("refused")
        await desk._round()
        view = desk.view()
        assert (store.taken(), view["wanted"], view["working"]) == (None, None, False)
        assert (view["last"]["did"], view["last"]["why"]) == ("refused", "so it went")


async def test_what_nobody_takes_up_is_taken_back_and_said(tmp_path: Path) -> None:
    async with opened(tmp_path) as (store, desk):
        store.is_staged()
        desk.want(Asked.APPLY)
        store.now -= timedelta(hours=3)  # somebody sets the clock
        store.later(TAKEN_S - 1)
        await desk._round()
        assert (desk.view()["working"], desk.view()["trouble"]) == (True, None)
        store.later(1)
        await desk._round()
        view = desk.view()
        assert (store.taken(), view["working"], view["wanted"]) == (None, False, None)
        assert "nobody has taken up" in view["trouble"]["detail"]
        desk.want(Asked.APPLY)
        assert (store.taken(), desk.view()["trouble"]) == (Asked.APPLY, None)


async def test_what_nobody_says_the_end_of_is_given_up(tmp_path: Path) -> None:
    async with opened(tmp_path) as (store, desk):
        store.is_staged()
        desk.want(Asked.APPLY)
        assert store.taken() is Asked.APPLY
        store.later(ENDED_S - 1)
        ledger.begin(store.place.own, ledger.UnderWay(9, "switching", "1.1.0", "1.1.0", "1.0.0", NIGHT.isoformat()))
        await desk._round()
        store.later(ENDED_S - 1)
        (store.place.own / ledger.UNDER_WAY).unlink()
        await desk._round()
        assert desk.view()["working"] is True  # it was seen at work since
        store.later(1)
        view = desk.view()
        assert (view["working"], view["wanted"]) == (False, None)
        assert "nobody has said" in view["trouble"]["detail"]


async def test_what_another_life_of_the_agent_asked_for_does_not_keep_it_at_work_for_ever(tmp_path: Path) -> None:
    async with opened(tmp_path) as (store, desk):
        request.ask(store.state, Asked.BACK)
        assert desk.view()["working"] is True
        store.later(TAKEN_S)
        await desk._round()
        assert (desk.view()["working"], store.taken()) == (False, None)


async def test_a_clock_that_is_set_back_holds_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path, mode="by_itself") as (store, desk):
        monkeypatch.setattr(store.journal, "quiet_s", lambda: QUIET_S)
        store.now = NIGHT + timedelta(hours=1)
        store.fetches({"detail": "the line is out", "hint": ""})
        await desk._round()
        store.now -= timedelta(hours=1)
        store.clock += AGAIN_S
        store.is_staged()
        await desk._round()
        assert (store.fetched, store.taken()) == (2, Asked.APPLY)
        store.ends("refused")
        await desk._round()
        assert store.taken() is None  # not again and again
        store.clock += AGAIN_S
        await desk._round()
        assert store.taken() is Asked.APPLY


@pytest.mark.parametrize("did", ["staged", "refused", "interrupted"])
async def test_what_was_fetched_stays_until_it_runs_and_is_not_fetched_twice(tmp_path: Path, did: Did) -> None:
    async with opened(tmp_path) as (store, desk):
        await desk._note()
        store.now = NIGHT
        store.fetches({"version": "1.1.0", "notes": ""})
        fetched = store.state / request.FOLDER / request.FETCHED
        (fetched / "targets").mkdir(parents=True)
        await desk._round()
        assert store.taken() is Asked.STAGE
        store.ends(did)
        await desk._round()
        await desk._note()
        assert fetched.exists()
        newer = store.desk(store.place, version="1.1.0")
        await newer._note()
        assert not fetched.exists()


async def test_root_at_work_is_not_asked_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as (store, desk):
        store.is_staged()
        ledger.begin(store.place.own, ledger.UnderWay(9, "staging", "1.1.0", "1.1.0", "1.0.0", NIGHT.isoformat()))
        desk.want(Asked.APPLY)
        assert store.taken() is None
        assert desk.view()["working"] is True


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        ({"detail": "not signed", "hint": "tell them"}, "not signed"),
        ("no JSON at all", ""),
        ("[]", ""),
    ],
)
async def test_what_goes_wrong_is_said_and_tried_again_in_the_hours(
    tmp_path: Path, answer: object, detail: str
) -> None:
    async with opened(tmp_path) as (store, desk):
        store.now = NIGHT
        store.fetches(answer)
        await desk._round()
        assert store.taken() is None
        trouble = desk.view()["trouble"]
        assert trouble is not None
        assert trouble["detail"] == detail
        await desk._round()
        assert store.fetched == 1
        store.later(AGAIN_S)
        store.fetches({"version": "1.1.0", "notes": ""})
        await desk._round()
        assert (store.fetched, store.taken(), desk.view()["trouble"]) == (2, Asked.STAGE, None)


async def test_the_first_thing_a_version_writes_is_that_it_runs(tmp_path: Path) -> None:
    async with opened(tmp_path) as (store, desk):
        assert desk.view()["noted"] is False
        await desk._note()
        assert desk.view()["noted"] is True
        assert [entry["action"] for entry in audit.oldest_first(store.journal.reader)] == ["version"]
        again = store.desk(store.place)
        await again._note()
        assert again.view()["noted"] is True
        (entry,) = audit.oldest_first(store.journal.reader)  # once for a version
        assert (entry["before"], entry["after"]) == (None, "1.0.0")


async def test_it_ends_when_it_is_told_to_also_in_mid_fetch(tmp_path: Path) -> None:
    async with opened(tmp_path) as (store, desk):
        program = store.place.versions / "1.0.0" / "stillopen.py"
        begun = store.state / "begun"
        program.write_text(f"import time; open({str(begun)!r}, 'w').close(); time.sleep(600)\n", encoding="utf-8")
        looking = asyncio.create_task(desk.look())
        async with asyncio.timeout(20):
            while not begun.exists():
                await asyncio.sleep(0.02)
        assert desk.view()["working"] is True
        looking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await looking


async def test_without_a_package_or_a_root_of_trust_there_are_none_and_it_says_so(tmp_path: Path) -> None:
    async with opened(tmp_path) as (store, _):
        assert installation() is None  # this is a checkout
        bare = store.desk(None)
        assert "not a package's" in bare.view()["why_not"]
        await bare._note()
        assert list(audit.oldest_first(store.journal.reader)) == []
        store.place.trusted.unlink()
        rootless = store.desk(store.place)
        store.now = NIGHT
        await rootless._round()
        assert "no root of trust" in rootless.view()["why_not"]
        assert store.fetched == 0
        for refused in (rootless.must_have_source, rootless.ready, rootless.before):
            with pytest.raises(Problem, match="There are no updates on this PC"):
                refused()


def test_a_package_knows_where_it_is(tmp_path: Path) -> None:
    place = Installation(tmp_path / "lib", tmp_path / "own", tmp_path / "root.json")
    package = place.versions / "1.0.0" / "common" / "agent" / "__init__.py"
    package.parent.mkdir(parents=True)
    package.touch()
    assert installation(package, at=place) is None
    (place.versions / "1.0.0" / "stillopen.py").touch()
    (place.versions / "current").symlink_to("1.0.0")
    here = replace(place, program=place.versions / "1.0.0" / "stillopen.py")
    assert installation(package, at=place) == here
    assert installation(place.versions / "current" / "common" / "agent" / "__init__.py", at=place) == here
    programs = on_windows(tmp_path / "Program Files")
    assert programs.own.is_relative_to(programs.versions)  # what is run as an administrator is written by none but them


def test_what_is_asked_for_is_one_of_three_words_and_taken_once(tmp_path: Path) -> None:
    for asked in Asked:
        request.ask(tmp_path, asked)
        assert request.is_asked(tmp_path)
        assert request.take(tmp_path) is asked
        assert not request.is_asked(tmp_path)
    file = tmp_path / request.FOLDER / request.FILE
    for content in (b"", b"rm -rf", b"\xff\xfe", b"stage" * 1000):
        file.write_bytes(content)
        assert request.take(tmp_path) is None
        assert not file.exists()
    secret = tmp_path / "secret"
    secret.write_text("apply", encoding="ascii")
    file.symlink_to(secret)
    assert request.take(tmp_path) is None  # no link of another user's is followed
    assert secret.exists()


async def test_nobody_is_at_a_till_means_nothing_is_open_paid_or_printed(tmp_path: Path) -> None:
    async with open_shop(tmp_path, config=CONFIG + '[permissions]\nsettings = "cashier"\n') as shop:
        reader, tills = shop.app.journal.reader, ("till-1", "till-2")
        assert busy(reader, tills) is None
        await shop.opened()
        assert busy(reader, tills) is None  # nothing is in it: nobody is interrupted
        await shop.rung()
        assert busy(reader, tills) == "a sale is open at till-1"
        await shop.sold()
        async with asyncio.timeout(20):
            while busy(reader, tills) is not None:
                await asyncio.sleep(0.02)
        view = shop.body(await shop.client.get("/v1/update"))
        assert (view["busy"], view["noted"], view["staged"], view["mode"]) == (None, False, None, "ask")
        for path in ("look", "apply", "back"):
            answer = await shop.client.post(f"/v1/update/{path}", json={})
            assert (answer.status_code, answer.json()["code"]) == (409, "update-not-possible")
