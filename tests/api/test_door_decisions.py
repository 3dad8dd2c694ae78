import asyncio
import logging
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent import api_token
from agent.door import LOCAL, Ask, Caller, Door, Sender
from agent.pairing_code import CODE_LIFE_S, WRONG_TRIES_MAX, PairingCode
from agent.pairings import OWN_PAGE, PAIRINGS_MAX, PROGRAM
from agent.problem import Problem
from outbox.journal import Journal

POS = "https://pos.example.com"
HERE = "localhost:8750"
OWN = f"http://{HERE}"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - a setting here, nothing is bound


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    journal = Journal(tmp_path)
    await journal.open()
    yield journal
    await journal.close()


def make_door(tmp_path: Path, journal: Journal, host: str = "127.0.0.1") -> Door:
    door = Door(host=host, origins=[POS], state=tmp_path, journal=journal)
    door.open()
    door.port = 8750
    return door


@pytest.fixture
def door(tmp_path: Path, journal: Journal) -> Door:
    return make_door(tmp_path, journal)


def token_of(tmp_path: Path) -> str:
    token = api_token.read(tmp_path)
    assert token is not None
    return token


def code_of(raised: pytest.ExceptionInfo[Problem]) -> tuple[int, str]:
    return raised.value.status, raised.value.code


# --- Host ---


@pytest.mark.parametrize(
    "host", ["localhost:8750", "LOCALHOST:8750", "127.0.0.1:8750", "[::1]:8750"], ids=lambda host: host
)
def test_our_own_names_pass(door: Door, host: str) -> None:
    door.check_host(host)


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "localhost",  # means port 80
        "localhost:80",
        "localhost:08750a",
        "localhost:8751",
        "localhost.:8750",
        "evil.example.com:8750",
        "127.0.0.1.evil.example.com:8750",
        "localhost:8750.evil.example.com",
        "127.0.0.2:8750",
        "[::1]",
        "[::1",
        "::1:8750",
        "192.168.1.10:8750",
        "localhost:999999999999",
        "localhost:²²",
    ],
)
def test_foreign_names_do_not_pass(door: Door, host: str | None) -> None:
    with pytest.raises(Problem) as raised:
        door.check_host(host)
    assert code_of(raised) == (421, "wrong-host")
    assert "http://localhost:8750" in raised.value.detail


def test_nothing_passes_before_the_server_listens(tmp_path: Path, journal: Journal) -> None:
    door = Door(host="127.0.0.1", origins=[], state=tmp_path, journal=journal)
    with pytest.raises(Problem):
        door.check_host("localhost:8750")


def test_port_80_may_be_left_out(door: Door) -> None:
    door.port = 80
    door.check_host("localhost")
    door.check_host("[::1]")
    with pytest.raises(Problem):
        door.check_host("localhost:8750")


@pytest.mark.parametrize(
    ("configured", "host"),
    [
        ("till.shop.lan", "till.shop.lan:8750"),
        ("192.168.1.10", "192.168.1.10:8750"),
        ("fe80::1", "[fe80::1]:8750"),
        (EVERYWHERE, "192.168.1.10:8750"),
        ("::", "[fe80::1]:8750"),
    ],
)
def test_a_configured_host_is_a_name_of_ours(tmp_path: Path, journal: Journal, configured: str, host: str) -> None:
    make_door(tmp_path, journal, configured).check_host(host)


@pytest.mark.parametrize(
    ("configured", "host"),
    [
        ("till.shop.lan", "other.shop.lan:8750"),
        ("192.168.1.10", "192.168.1.11:8750"),
        (EVERYWHERE, "evil.example.com:8750"),  # an address cannot be rebound, a name can
    ],
)
def test_no_other_name_is(tmp_path: Path, journal: Journal, configured: str, host: str) -> None:
    with pytest.raises(Problem):
        make_door(tmp_path, journal, configured).check_host(host)


# --- Origin ---


def test_who_sends_is_told_by_the_origin(door: Door) -> None:
    assert door.sender(Ask("GET", HERE)) is Sender.PROGRAM
    assert door.sender(Ask("GET", HERE, origin=OWN)) is Sender.OWN_PAGE
    assert door.sender(Ask("GET", HERE, origin=POS)) is Sender.FRONT_END
    assert door.sender(Ask("GET", HERE, origin=POS.upper())) is Sender.FRONT_END


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example.com",
        "null",
        "",
        "http://pos.example.com",
        "https://pos.example.com:444",
        "https://pos.example.com.evil.com",
        "http://localhost:3000",
        "http://127.0.0.1:8750",  # ours as well, but not the host this page was sent to
        "https://localhost:8750",
    ],
)
def test_a_foreign_origin_is_told_the_key_to_set(door: Door, origin: str) -> None:
    with pytest.raises(Problem) as raised:
        door.sender(Ask("GET", HERE, origin=origin))
    assert code_of(raised) == (403, "foreign-origin")
    assert "`[api] origins`" in raised.value.detail


# --- credentials ---


def test_the_local_token_opens(tmp_path: Path, door: Door) -> None:
    ask = Ask("POST", HERE, authorization=f"Bearer {token_of(tmp_path)}")
    assert door.caller(ask) == Caller(LOCAL)


def test_the_scheme_is_read_whatever_its_case(tmp_path: Path, door: Door) -> None:
    assert door.caller(Ask("POST", HERE, authorization=f"bEARER  {token_of(tmp_path)} ")) == Caller(LOCAL)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer wrong", "Bearer \udcff", "token"])
def test_any_other_authorization_is_refused_not_ignored(door: Door, header: str) -> None:
    with pytest.raises(Problem) as raised:
        door.caller(Ask("GET", HERE, authorization=header))
    assert code_of(raised) == (401, "invalid-token")


def test_no_credentials_are_nobody(door: Door) -> None:
    assert door.caller(Ask("GET", HERE)) is None


def test_a_websocket_may_carry_its_token_as_a_subprotocol(tmp_path: Path, door: Door) -> None:
    protocols = ("stillopen.v1", f"bearer.{token_of(tmp_path)}")
    assert door.caller(Ask("GET", HERE, origin=POS, subprotocols=protocols, websocket=True)) == Caller(LOCAL)
    assert door.caller(Ask("GET", HERE, subprotocols=("stillopen.v1",), websocket=True)) is None
    with pytest.raises(Problem):
        door.caller(Ask("GET", HERE, subprotocols=("bearer.wrong",), websocket=True))


async def test_a_front_ends_token_holds_for_its_origin_alone(door: Door) -> None:
    pairing, secret = await door.pairings.add(POS, "POS")
    bearer = f"Bearer {secret}"
    assert door.caller(Ask("POST", HERE, origin=POS, authorization=bearer)) == Caller(pairing.id)
    for origin in (None, OWN):
        with pytest.raises(Problem) as raised:
            door.caller(Ask("POST", HERE, origin=origin, authorization=bearer))
        assert code_of(raised) == (401, "invalid-token")


async def test_a_programs_token_does_not_hold_for_a_page(door: Door) -> None:
    pairing, secret = await door.pairings.add(PROGRAM, "label printer")
    assert door.caller(Ask("POST", HERE, authorization=f"Bearer {secret}")) == Caller(pairing.id)
    with pytest.raises(Problem):
        door.caller(Ask("POST", HERE, origin=POS, authorization=f"Bearer {secret}"))


async def test_our_pages_secret_is_a_cookie_and_no_token(door: Door) -> None:
    pairing, secret = await door.pairings.add(OWN_PAGE, "till page")
    cookies = {"stillopen-8750": secret}
    assert door.caller(Ask("POST", HERE, origin=OWN, cookies=cookies)) == Caller(pairing.id)
    assert door.caller(Ask("GET", HERE, fetch_site="same-origin", cookies=cookies)) == Caller(pairing.id)
    assert door.caller(Ask("GET", HERE, fetch_site="none", cookies=cookies)) == Caller(pairing.id)
    with pytest.raises(Problem):
        door.caller(Ask("POST", HERE, origin=OWN, authorization=f"Bearer {secret}"))
    assert door.caller(Ask("GET", HERE, cookies={"stillopen-9999": secret})) is None
    assert door.caller(Ask("GET", HERE, cookies={"stillopen-8750": "old"})) is None


@pytest.mark.parametrize(
    "ask",
    [
        {"method": "POST"},  # a browser's write always names its origin
        {"method": "POST", "origin": POS},
        {"method": "GET", "origin": POS},
        {"method": "GET", "fetch_site": "same-site"},  # another server on this PC
        {"method": "GET", "fetch_site": "cross-site"},
        {"method": "GET", "websocket": True},
    ],
)
async def test_the_cookie_does_not_work_for_anyone_elses_page(door: Door, ask: dict[str, object]) -> None:
    _, secret = await door.pairings.add(OWN_PAGE, "till page")
    with pytest.raises(Problem) as raised:
        door.caller(Ask(host=HERE, cookies={"stillopen-8750": secret}, **ask))  # type: ignore[arg-type]  # by name
    assert code_of(raised) == (403, "not-from-our-page")


async def test_a_local_tokens_hash_is_no_pairing_of_a_page(door: Door) -> None:
    _, secret = await door.pairings.add(POS, "POS")
    assert door.caller(Ask("GET", HERE, cookies={"stillopen-8750": secret})) is None


# --- pairings on disk ---


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.name.startswith("journal"))


async def test_pairings_outlive_a_restart_and_only_their_hashes_are_kept(tmp_path: Path, journal: Journal) -> None:
    door = make_door(tmp_path, journal)
    pairing, secret = await door.pairings.add(POS, "Café till")
    again = make_door(tmp_path, journal)
    assert again.pairings.all() == [pairing]
    assert again.caller(Ask("GET", HERE, origin=POS, authorization=f"Bearer {secret}")) == Caller(pairing.id)
    kept = on_disk(tmp_path)
    assert secret.encode() not in kept
    assert "Café".encode() in kept


async def test_a_revoked_pairing_opens_nothing_now_and_after_a_restart(tmp_path: Path, journal: Journal) -> None:
    door = make_door(tmp_path, journal)
    kept, _ = await door.pairings.add(POS, "one")
    gone, secret = await door.pairings.add(POS, "two")
    assert await door.pairings.remove(gone.id) == gone
    for one in (door, make_door(tmp_path, journal)):
        assert one.pairings.all() == [kept]
        with pytest.raises(Problem):
            one.caller(Ask("GET", HERE, origin=POS, authorization=f"Bearer {secret}"))
    with pytest.raises(Problem) as raised:
        await door.pairings.remove(gone.id)
    assert code_of(raised) == (404, "no-such-pairing")


async def test_there_is_an_end_to_pairing(door: Door) -> None:
    await asyncio.gather(*(door.pairings.add(PROGRAM, str(number)) for number in range(PAIRINGS_MAX)))
    with pytest.raises(Problem) as raised:
        await door.pairings.add(PROGRAM, "one more")
    assert code_of(raised) == (409, "too-many-pairings")


# --- the code ---


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_code_is_six_digits_and_not_always_the_same() -> None:
    codes = {PairingCode().make() for _ in range(50)}
    assert len(codes) > 1
    assert all(len(code) == 6 and code.isascii() and code.isdigit() for code in codes)


def test_a_code_is_good_once() -> None:
    code = PairingCode(digits=lambda: "000123")
    assert code.make("tablet") == "000123"
    assert code.use("000123").name == "tablet"
    with pytest.raises(Problem) as raised:
        code.use("000123")
    assert code_of(raised) == (403, "no-pairing-code")


def test_a_code_dies_of_age() -> None:
    clock = Clock()
    code = PairingCode(clock=clock, digits=lambda: "000123")
    code.make()
    clock.now = CODE_LIFE_S
    with pytest.raises(Problem) as raised:
        code.use("000123")
    assert code_of(raised) == (403, "no-pairing-code")


def test_wrong_tries_make_a_code_void() -> None:
    code = PairingCode(digits=lambda: "000123")
    code.make()
    left = []
    for _ in range(WRONG_TRIES_MAX):
        with pytest.raises(Problem) as raised:
            code.use("999999")
        assert code_of(raised) == (403, "wrong-pairing-code")
        left.append(raised.value.extra["left"])
    assert left == [4, 3, 2, 1, 0]
    with pytest.raises(Problem) as raised:
        code.use("000123")
    assert code_of(raised) == (403, "no-pairing-code")


def test_a_new_code_voids_the_old_and_its_wrong_tries() -> None:
    given = iter(["000001", "000002"])
    code = PairingCode(digits=lambda: next(given))
    code.make()
    code.make()
    with pytest.raises(Problem):
        code.use("000001")
    code.use("000002")


# --- the token's file ---


def test_the_token_is_made_once_and_kept(tmp_path: Path) -> None:
    assert api_token.read(tmp_path) is None
    token = api_token.read_or_make(tmp_path)
    assert api_token.read_or_make(tmp_path) == token == api_token.read(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["api-token"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has access lists instead of modes")
def test_the_token_is_its_users_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    token = api_token.read_or_make(tmp_path)
    path = tmp_path / api_token.FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with caplog.at_level(logging.WARNING):
        assert api_token.read_or_make(tmp_path) == token
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "could be read by other users" in caplog.text
    assert token not in caplog.text


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"short", b"\xff\xfe\x00", b"with a space in the middle of a line here"]
)
def test_a_file_without_a_token_gets_a_new_one(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / api_token.FILE).write_bytes(content)
    with caplog.at_level(logging.WARNING):
        token = api_token.read_or_make(tmp_path)
    assert token == api_token.read(tmp_path)
    assert "made anew" in caplog.text


def test_a_token_that_cannot_be_put_in_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / api_token.FILE).mkdir()
    with pytest.raises(OSError):  # noqa: PT011 - which one is the platform's
        api_token.read_or_make(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [api_token.FILE]
