"""PINs and waits by themselves: which may be one, what is kept, and how long whoever guesses waits."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.problem import Problem
from agent.staff import lockout, pins
from agent.staff.lockout import FORGIVEN_S, FREE_TRIES, WAIT_S_FIRST, WAIT_S_MAX, Lockouts, wait_s
from outbox.schema import connect

CHEAP = pins.Cost(memory_kib=8, passes=1, lanes=1)
SALT = b"s" * pins.SALT_BYTES


@pytest.mark.parametrize(
    "pin",
    ["0000", "111111", "1234", "4321", "012345", "987654", "7890", "1212", "123123", "1987", "2026", "2580", "0852"],
)
def test_what_is_tried_first_is_no_pin(pin: str) -> None:
    with pytest.raises(Problem) as refused:
        pins.check_new(pin)
    assert refused.value.code == "pin-too-easy"
    assert pin not in refused.value.detail


@pytest.mark.parametrize("pin", ["", "123", "1234567890123", "12a4", "12 4", "٣٣٣٣", "-123", "1.23", "1234\n"])
def test_what_is_no_four_to_twelve_digits_is_no_pin(pin: str) -> None:
    with pytest.raises(Problem) as refused:
        pins.check_new(pin)
    assert refused.value.code == "pin"


@pytest.mark.parametrize("pin", ["5172", "0429", "408215", "739164", "918273645546"])
def test_what_nobody_tries_first_is_one(pin: str) -> None:
    pins.check_new(pin)


def test_few_of_all_pins_are_refused() -> None:
    easy = sum(pins.is_easy(f"{number:04}") for number in range(10_000))
    assert 200 < easy < 400


def test_a_hash_is_of_pin_salt_and_cost_and_is_argon2ids() -> None:
    # argon2 -id -k 8 -t 1 -p 1 -l 32, of the reference implementation, would say the same
    one = pins.digest("5172", SALT, CHEAP)
    assert len(one) == 32
    assert one == pins.digest("5172", SALT, CHEAP)
    others = {
        pins.digest("5173", SALT, CHEAP),
        pins.digest("5172", b"t" * pins.SALT_BYTES, CHEAP),
        pins.digest("5172", SALT, pins.Cost(16, 1, 1)),
    }
    assert one not in others
    assert len(others) == 3


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=20, unique=True), st.data())
def test_whose_pin_it_is_does_not_depend_on_where_they_stand(hashes: list[bytes], data: st.DataObject) -> None:
    kept = [(str(number), hashed) for number, hashed in enumerate(hashes)]
    place = data.draw(st.integers(0, len(kept) - 1))
    assert pins.whose(hashes[place], kept) == str(place)
    assert pins.whose(bytes(32) if bytes(32) not in hashes else b"\1" * 33, kept) is None


class Compared(list[tuple[str, bytes]]):
    """Who is compared with, counting how many were."""

    seen = 0

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        for one in super().__iter__():
            self.seen += 1
            yield one


@pytest.mark.parametrize("right", [0, 3, 9, None])
def test_everyone_is_compared_wherever_the_right_one_stands(right: int | None) -> None:
    kept = Compared((str(number), bytes([number]) * 32) for number in range(10))
    pins.whose(b"\xff" * 32 if right is None else bytes([right]) * 32, kept)
    assert kept.seen == 10


# --- waiting ---


@given(st.integers(0, 10**9))
def test_waits_grow_and_have_an_end(failures: int) -> None:
    assert 0 <= wait_s(failures) <= wait_s(failures + 1) <= WAIT_S_MAX
    assert (wait_s(failures) > 0) is (failures > FREE_TRIES)


def test_the_first_wait_is_short() -> None:
    assert [wait_s(failures) for failures in range(FREE_TRIES, FREE_TRIES + 4)] == [0, WAIT_S_FIRST, 60, 120]


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(tmp_path / "journal.db")) as connection:
        yield connection


def fail(lockouts: Lockouts, connection: sqlite3.Connection, times: int) -> None:
    for _ in range(times):
        tries = lockouts.one_more("page:1")
        lockout.write(connection, "page:1", tries)
        lockouts.put("page:1", tries)


def test_a_restart_begins_the_wait_anew_and_forgets_no_try(journal: sqlite3.Connection) -> None:
    clock = Clock()
    lockouts = Lockouts(clock=clock)
    fail(lockouts, journal, FREE_TRIES + 1)
    clock.now += WAIT_S_FIRST - 1
    assert lockouts.left_s("page:1") == 1
    clock.now = 3.0  # another boot: the clock that nobody can set starts anywhere
    again = Lockouts(clock=clock)
    again.load(journal)
    assert again.left_s("page:1") == WAIT_S_FIRST
    clock.now += WAIT_S_FIRST
    assert again.left_s("page:1") == 0
    fail(again, journal, 1)
    assert again.left_s("page:1") == 2 * WAIT_S_FIRST


def test_tries_are_forgiven_one_by_one(journal: sqlite3.Connection) -> None:
    clock = Clock()
    lockouts = Lockouts(clock=clock)
    fail(lockouts, journal, FREE_TRIES)
    clock.now += 2 * FORGIVEN_S
    assert lockouts.one_more("page:1").failures == FREE_TRIES - 1
    clock.now += 100 * FORGIVEN_S
    assert lockouts.one_more("page:1").failures == 1
    lockout.write(journal, "page:1", None)
    lockouts.put("page:1", None)
    assert journal.execute("select count(*) from wrong_pin").fetchone() == (0,)
    assert lockouts.left_s("page:1") == 0
