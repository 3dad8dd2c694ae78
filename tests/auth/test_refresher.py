"""One renewal at a time, the new pair on the disk before it is used, and lost answers told from refusals."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from outbox.auth.authorizer import SignInNeeded
from outbox.auth.credentials import Credentials
from outbox.auth.keyring import CredentialsError, Keyring
from outbox.auth.oauth2 import SignIn
from outbox.auth.refresher import Refresher
from outbox.auth.tokens import Tokens
from outbox.calls import Calls
from outbox.connector import Request
from outbox.session import NotSent, Session
from tests.auth.lying_sign_in import LIFE_S, LyingSignIn
from tests.clouds.conftest import hasty
from tests.clouds.driver import Clock
from tests.clouds.serving import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

GET = Request("GET", "/orders")


class Store:
    """One PC that is signed in to a lying cloud; `process` makes another process of it."""

    def __init__(self, state: Path, lying: LyingSignIn, clock: Clock, base_url: str, session: Session) -> None:
        self.state, self.lying, self.clock, self.base_url, self.session = state, lying, clock, base_url, session
        self.keyring = Keyring(state, environ={})
        self.by_person = True

    def process(self) -> tuple[Refresher, Calls]:
        refresher = Refresher(
            "cloud", lambda _: self.sign_in(), Keyring(self.state, environ={}), self.session, self.clock
        )
        return refresher, Calls(self.base_url, self.session, refresher)

    def sign_in(self) -> SignIn:
        return SignIn(
            f"{self.base_url}/token",
            "app",
            authorize_url="https://cloud.example/authorize" if self.by_person else None,
            rotates=self.lying.rotates,
            forgives=self.lying.forgives,
        )

    def signed_in(self) -> None:
        """Sign a person in, as `stillopen cloud connect` keeps it."""
        pair = self.lying._pair(refresh=True)
        expires_at = self.lying.access[pair["access_token"]]
        tokens = Tokens(pair["access_token"], pair["refresh_token"], expires_at, None, self.clock())
        self.keyring.write("cloud", Credentials(tokens=tokens))

    def kept(self) -> Credentials:
        found = self.keyring.read("cloud")
        assert found is not None
        return found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[Store]:
    async with a_store(tmp_path, clock) as found:
        yield found


@asynccontextmanager
async def a_store(state: Path, clock: Clock, **how: Any) -> AsyncIterator[Store]:
    lying = LyingSignIn(clock, **how)
    async with serving(lying) as base_url, Session(hasty) as session:
        found = Store(state, lying, clock, base_url, session)
        found.signed_in()
        yield found


async def test_a_good_token_is_used_and_nothing_is_renewed(store: Store) -> None:
    refresher, calls = store.process()
    assert refresher.standing.good_until is None, "nothing was read yet"
    assert (await calls.exchange(GET)).status == 200
    assert store.lying.asked_for == []
    assert refresher.standing.good_until == store.clock() + timedelta(seconds=LIFE_S)


async def test_it_is_renewed_before_it_runs_out_and_the_new_pair_is_kept_before_it_is_used(store: Store) -> None:
    _, calls = store.process()
    store.clock.forward(seconds=LIFE_S - 60)
    used: list[tuple[str, str]] = []
    exchange = store.session.exchange

    async def watched(base_url: str, request: Request, headers: Any) -> Any:
        if request is GET:
            tokens = store.kept().tokens
            assert tokens is not None
            used.append((headers["authorization"].removeprefix("Bearer "), tokens.access))
        return await exchange(base_url, request, headers)

    store.session.exchange = watched  # type: ignore[method-assign]  # the wire is looked at
    assert (await calls.exchange(GET)).status == 200
    assert used == [("access-token-0002", "access-token-0002")]
    assert store.kept().renewing_since is None


async def test_many_calls_at_once_renew_once(store: Store) -> None:
    store.clock.forward(seconds=LIFE_S + 1)
    _, calls = store.process()
    answers = await asyncio.gather(*(calls.exchange(GET) for _ in range(20)))
    assert {answer.status for answer in answers} == {200}
    assert len(store.lying.asked_for) == 1


async def test_two_processes_spend_a_refresh_token_once(store: Store) -> None:
    store.clock.forward(seconds=LIFE_S + 1)
    both = [store.process()[1] for _ in range(2)]
    answers = await asyncio.gather(*(calls.exchange(GET) for calls in both for _ in range(3)))
    assert {answer.status for answer in answers} == {200}
    assert len(store.lying.asked_for) == 1, "the second found what the first had written"


async def test_a_token_taken_back_early_is_renewed_and_the_request_goes_again(store: Store) -> None:
    _, calls = store.process()
    store.clock.forward(seconds=LIFE_S / 2)
    store.lying.access.clear()
    assert (await calls.exchange(GET)).status == 200
    assert [line.split()[-1] for line in store.lying.calls] == ["access-token-0001", "access-token-0002"]


async def test_a_new_token_that_is_refused_is_not_renewed_over_and_over(store: Store) -> None:
    _, calls = store.process()
    for _ in range(5):
        store.lying.access.clear()
        assert (await calls.exchange(GET)).status == 401
    assert store.lying.given == 1


async def test_what_a_cloud_quotes_of_a_token_is_taken_out_of_its_answer(store: Store) -> None:
    _, calls = store.process()
    store.lying.access.clear()
    body = (await calls.exchange(GET)).body
    assert b"the token (secret) is not good" in body


@pytest.mark.parametrize("fault", ["hang", "drop", "half", "half_json"])
async def test_after_a_lost_answer_the_old_one_is_tried_again(tmp_path: Path, clock: Clock, fault: str) -> None:
    async with a_store(tmp_path, clock, forgives=True) as store:
        clock.forward(seconds=LIFE_S + 1)
        store.lying.faults.add(fault, on="/token", after=True)
        _, calls = store.process()
        with pytest.raises(NotSent) as lost:
            await calls.exchange(GET)
        assert not isinstance(lost.value, SignInNeeded)
        assert store.kept().renewing_since is not None
        clock.forward(minutes=2)
        _, after_a_crash = store.process()
        assert (await after_a_crash.exchange(GET)).status == 200
        assert store.kept().renewing_since is None


async def test_where_the_cloud_forgives_nothing_a_lost_answer_is_said_to_be_why(store: Store) -> None:
    store.clock.forward(seconds=LIFE_S + 1)
    store.lying.faults.add("drop", on="/token", after=True)
    _, calls = store.process()
    with pytest.raises(NotSent):
        await calls.exchange(GET)
    with pytest.raises(NotSent, match="could not be renewed just now"):
        await calls.exchange(GET)
    assert len(store.lying.asked_for) == 1, "not asked at every sale"
    store.clock.forward(minutes=2)
    with pytest.raises(SignInNeeded, match="was lost on the line") as raised:
        await calls.exchange(GET)
    assert "stillopen cloud connect cloud" in str(raised.value)
    asked = len(store.lying.asked_for)
    with pytest.raises(SignInNeeded, match="was lost on the line"):
        await calls.exchange(GET)
    assert len(store.lying.asked_for) == asked == 2
    store.signed_in()
    assert (await calls.exchange(GET)).status == 200, "a person signed in; nothing was started again"


async def test_a_line_that_is_down_spends_nothing(store: Store) -> None:
    refresher, calls = store.process()
    assert (await calls.exchange(GET)).status == 200
    store.clock.forward(seconds=LIFE_S + 1)
    down = Refresher("cloud", lambda _: SignIn("http://127.0.0.1:9/token", "app", authorize_url="https://c.example/",
                     rotates=True), store.keyring, store.session, store.clock)  # fmt: skip
    with pytest.raises(NotSent) as raised:
        await down.headers(GET, "")
    assert not isinstance(raised.value, SignInNeeded)
    assert store.kept().renewing_since is None, "it was never sent"
    assert (await calls.exchange(GET)).status == 200
    assert refresher.held.tokens == store.kept().tokens


async def test_a_renewal_that_fails_early_costs_nothing_while_the_token_is_good(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    store.clock.forward(seconds=LIFE_S - 300)
    store.lying.faults.add("status", on="/token", status=503, times=1)
    _, calls = store.process()
    with caplog.at_level(logging.WARNING):
        assert (await calls.exchange(GET)).status == 200
        assert (await calls.exchange(GET)).status == 200
    assert store.lying.calls[-1].endswith("access-token-0001")
    assert len([one for one in caplog.records if "still good until" in one.message]) == 1
    store.clock.forward(minutes=2)
    assert (await calls.exchange(GET)).status == 200
    assert store.lying.calls[-1].endswith("access-token-0002")


async def test_a_refusal_pauses_the_cloud_with_words_and_is_not_repeated(store: Store) -> None:
    store.clock.forward(seconds=LIFE_S + 1)
    store.lying.good.clear()
    _, calls = store.process()
    for _ in range(3):
        with pytest.raises(SignInNeeded, match="does not renew the sign-in \\(invalid_grant\\)"):
            await calls.exchange(GET)
    assert len(store.lying.asked_for) == 1
    store.clock.forward(hours=2)
    with pytest.raises(SignInNeeded):
        await calls.exchange(GET)
    assert len(store.lying.asked_for) == 2, "asked once an hour, in case the cloud was wrong"


async def test_nobody_signed_in_is_said_with_the_command(store: Store) -> None:
    store.keyring.forget("cloud")
    _, calls = store.process()
    with pytest.raises(SignInNeeded, match=r"nobody has signed in yet.*stillopen cloud connect cloud"):
        await calls.exchange(GET)
    store.signed_in()
    assert (await calls.exchange(GET)).status == 200


async def test_credentials_taken_away_are_not_used_from_memory(store: Store) -> None:
    _, calls = store.process()
    assert (await calls.exchange(GET)).status == 200
    store.keyring.forget("cloud")
    with pytest.raises(SignInNeeded):
        await calls.exchange(GET)


async def test_damaged_credentials_stop_the_cloud_and_nothing_else(store: Store) -> None:
    (store.keyring.folder / "cloud").write_bytes(b"damaged")
    _, calls = store.process()
    with pytest.raises(SignInNeeded, match="damaged"):
        await calls.exchange(GET)


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> list[Credentials]:
    """Have the disk take no new pair, only that one is asked for; return what it was to keep."""
    write, asked = Keyring.write, list[Credentials]()

    def fails(keyring: Keyring, name: str, credentials: Credentials) -> None:
        asked.append(credentials)
        if credentials.renewing_since is None:
            raise CredentialsError("the disk is full", hint="make room")
        write(keyring, name, credentials)

    monkeypatch.setattr(Keyring, "write", fails)
    return asked


async def test_a_disk_that_keeps_no_new_pair_keeps_it_from_being_used_until_there_is_room(
    store: Store, full: list[Credentials], monkeypatch: pytest.MonkeyPatch
) -> None:
    store.clock.forward(seconds=LIFE_S + 1)
    _, calls = store.process()
    with pytest.raises(NotSent, match="the disk is full"):
        await calls.exchange(GET)
    with pytest.raises(NotSent, match="could not be renewed just now"):
        await calls.exchange(GET)
    assert store.lying.calls == []
    assert len(full) == 2
    store.clock.forward(minutes=2)
    with pytest.raises(NotSent, match="the disk is full"):
        await calls.exchange(GET)
    assert full[2] == full[1]
    monkeypatch.undo()
    store.clock.forward(minutes=2)
    assert (await calls.exchange(GET)).status == 200
    assert store.kept() == full[1]
    assert len(store.lying.asked_for) == 1, "the first refresh token was good for one use"


async def test_while_the_old_token_is_good_a_full_disk_holds_nothing_up(
    store: Store, full: list[Credentials], monkeypatch: pytest.MonkeyPatch
) -> None:
    store.clock.forward(seconds=LIFE_S - 300)
    _, calls = store.process()
    for _ in range(3):
        assert (await calls.exchange(GET)).status == 200
    assert len(full) == 2
    assert len(store.lying.asked_for) == 1
    monkeypatch.undo()
    store.clock.forward(minutes=2)
    assert (await calls.exchange(GET)).status == 200
    assert store.lying.calls[-1].endswith("access-token-0002")
    assert len(store.lying.asked_for) == 1


async def test_a_person_who_signs_in_meanwhile_is_whose_sign_in_counts(
    store: Store, full: list[Credentials], monkeypatch: pytest.MonkeyPatch
) -> None:
    store.clock.forward(seconds=LIFE_S + 1)
    _, calls = store.process()
    with pytest.raises(NotSent, match="the disk is full"):
        await calls.exchange(GET)
    assert len(full) == 2
    monkeypatch.undo()
    store.signed_in()
    kept = store.kept()
    assert (await calls.exchange(GET)).status == 200
    assert store.kept() == kept


async def test_a_stop_while_a_full_disk_keeps_nothing_is_a_stop_and_the_pair_is_held(
    store: Store, full: list[Credentials], monkeypatch: pytest.MonkeyPatch
) -> None:
    store.clock.forward(seconds=LIFE_S + 1)
    _, calls = store.process()
    fails, loop, writing, go_on = Keyring.write, asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

    def slow(keyring: Keyring, name: str, credentials: Credentials) -> None:
        if credentials.renewing_since is None:
            loop.call_soon_threadsafe(writing.set)
            asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result()
        fails(keyring, name, credentials)

    monkeypatch.setattr(Keyring, "write", slow)
    call = asyncio.create_task(calls.exchange(GET))
    await writing.wait()
    call.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert len(full) == 2
    monkeypatch.undo()
    assert (await calls.exchange(GET)).status == 200
    assert store.kept() == full[1]
    assert len(store.lying.asked_for) == 1


async def test_a_program_signs_in_by_itself(tmp_path: Path, clock: Clock) -> None:
    async with a_store(tmp_path, clock) as store:
        store.by_person = False
        store.keyring.forget("cloud")
        _, calls = store.process()
        assert (await calls.exchange(GET)).status == 200
        clock.forward(seconds=LIFE_S + 1)
        assert (await calls.exchange(GET)).status == 200
        assert [fields["grant_type"] for fields in store.lying.asked_for] == ["client_credentials"] * 2


@pytest.mark.parametrize("set_by_s", [-400 * 86_400.0, 400 * 86_400.0])
async def test_a_clock_that_is_set_costs_a_renewal_at_most(store: Store, set_by_s: float) -> None:
    refresher, _ = store.process()
    at = [store.clock()]
    refresher.now = lambda: at[0]
    calls = Calls(store.base_url, store.session, refresher)
    assert (await calls.exchange(GET)).status == 200
    at[0] += timedelta(seconds=set_by_s)  # this PC's alone
    for _ in range(3):
        assert (await calls.exchange(GET)).status == 200
    assert len(store.lying.asked_for) <= 1
    store.clock.forward(seconds=LIFE_S + 1)
    at[0] += timedelta(seconds=LIFE_S + 1)
    assert (await calls.exchange(GET)).status == 200


async def test_a_stop_in_the_middle_of_keeping_a_pair_does_not_lose_it(store: Store) -> None:
    store.clock.forward(seconds=LIFE_S + 1)
    refresher, calls = store.process()
    writing, go_on = asyncio.Event(), asyncio.Event()
    loop, write = asyncio.get_running_loop(), refresher.keyring.write

    def slow(name: str, credentials: Credentials) -> None:
        if credentials.renewing_since is None:
            loop.call_soon_threadsafe(writing.set)
            asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result()
        write(name, credentials)

    refresher.keyring.write = slow  # type: ignore[method-assign]  # a disk that takes its time
    call = asyncio.create_task(calls.exchange(GET))
    await writing.wait()
    call.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await call
    kept = store.kept().tokens
    assert kept is not None
    assert kept.access == "access-token-0002"
    assert (await store.process()[1].exchange(GET)).status == 200
