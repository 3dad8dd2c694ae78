"""What is counted outside the disk under test: a file's lines, the sealed lines between machines, the verdicts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.doctor.plug import count, verdict, wire
from agent.doctor.plug.big import big
from agent.doctor.plug.count import TRIAL_CHARS, TRIAL_LETTERS, Count
from agent.doctor.plug.verdict import Outcome, There, Verdict

FILE = "00112233445566ff"
LANE = "lane-1"
BOOT = "6a0e9b1c-1111-4222-8333-444455556666"
trials = st.text(TRIAL_LETTERS, min_size=TRIAL_CHARS, max_size=TRIAL_CHARS)
fewer = settings(max_examples=100, deadline=None)


def written(trial: str, numbers: int, *, file: str = FILE, end: bool = False) -> bytes:
    lines = count.begun(file, trial, BOOT, LANE) + count.acknowledged(file, trial, 1, numbers)
    return lines + (count.ended(file, trial) if end else b"")


@fewer
@given(st.lists(st.tuples(trials, st.integers(0, 30), st.booleans()), max_size=5, unique_by=lambda one: one[0]))
def test_what_is_written_is_read(all_of_them: list[tuple[str, int, bool]]) -> None:
    content = count.heading(FILE) + b"".join(written(trial, number, end=end) for trial, number, end in all_of_them)
    assert count.read(content) == [Count(trial, number, BOOT, LANE, ended=end) for trial, number, end in all_of_them]


@fewer
@given(st.integers(0, 12), st.binary(max_size=60))
def test_a_file_cut_anywhere_with_anything_behind_counts_no_more_than_was_written(lost: int, behind: bytes) -> None:
    whole = count.heading(FILE) + written("KXQR", 20)
    found = count.read(whole[: len(whole) - lost] + behind)
    assert [one.trial for one in found] == ["KXQR"]
    assert 18 <= found[0].number <= 20
    assert not found[0].ended


def test_what_is_left_of_an_older_file_behind_the_end_is_not_counted() -> None:
    older = count.heading("ffeeddccbbaa9988") + written("KXQR", 40, file="ffeeddccbbaa9988") + b""
    newer = count.heading(FILE) + written("KXQR", 20)
    assert count.read(newer + older[len(newer) :]) == [Count("KXQR", 20, BOOT, LANE)]
    # an older trial of the same file, whole, where its numbers would just go on
    other = count.acknowledged(FILE, "ABCD", 21, 30)
    assert count.read(newer + other) == [Count("KXQR", 20, BOOT, LANE)]
    # its own first line again, with another start of the machine and the old tag
    changed = count.begun(FILE, "KXQR", BOOT, LANE).replace(b"6a0e", b"6a0f")
    assert count.read(newer + changed) == [Count("KXQR", 20, BOOT, LANE)]


def test_a_trial_after_a_torn_line_is_read() -> None:
    content = count.heading(FILE) + written("KXQR", 20)[:-4] + written("ABCD", 3)
    assert count.read(content) == [Count("KXQR", 19, BOOT, LANE), Count("ABCD", 3, BOOT, LANE)]


@pytest.mark.parametrize("content", [b"", b"stillopen count xyz\n", b"a shopping list\n1\n", b"stillopen count"])
def test_what_is_no_such_file_has_no_name_and_no_trials(content: bytes) -> None:
    assert count.file_id_of(content) is None
    assert count.read(content) == []


def test_the_newest_is_the_last_in_which_anything_was_acknowledged() -> None:
    begun = [Count("ABCD", 7, BOOT, LANE), Count("KXQR", 0, BOOT, LANE)]
    assert count.newest(begun) == begun[0]
    assert count.newest([Count("KXQR")]) is None


@pytest.mark.parametrize("text", ["KXQR 12,345", "kxqr 12345", " KXQR: 12.345", "KXQR-12 345", "KXQR 12'345"])
def test_a_photo_is_read_however_it_was_copied(text: str) -> None:
    assert count.seen(text) == Count("KXQR", 12_345)


@pytest.mark.parametrize("text", ["", "12345", "KXQR", "KIQR 5", "KXQRS 5", "KXQR five"])
def test_what_is_no_photo_is_none(text: str) -> None:
    assert count.seen(text) is None


# --- between two machines ---


def pair(secret: str = "ABCD-EFGH-JKMN-PQRS", other: str | None = None) -> tuple[wire.Seal, wire.Seal]:
    nonces = ("a" * 32, "b" * 32)
    return (
        wire.Seal(wire.secret_key(secret), nonces, "other"),
        wire.Seal(wire.secret_key(other or secret), nonces, "other"),
    )


@fewer
@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters="\n\r"), max_size=60), max_size=5))
def test_what_is_sealed_is_opened_in_order(texts: list[str]) -> None:
    says, hears = pair()
    assert [hears.open(says.close(text)) for text in texts] == texts


def test_a_line_said_again_left_out_or_changed_is_not_opened() -> None:
    says, hears = pair()
    first, second = says.close("acked KXQR 1"), says.close("acked KXQR 2")
    assert hears.open(first) == "acked KXQR 1"
    with pytest.raises(wire.NotSealed):
        hears.open(first)
    _, skipping = pair()
    with pytest.raises(wire.NotSealed):
        skipping.open(second)
    _, fresh = pair()
    with pytest.raises(wire.NotSealed):
        fresh.open(first.replace(b"KXQR 1", b"KXQR 9"))


def test_another_secret_another_direction_another_connection() -> None:
    says, hears = pair(other="ABCD-EFGH-JKMN-PQRT")
    with pytest.raises(wire.NotSealed):
        hears.open(says.close("newest"))
    key = wire.secret_key("ABCD-EFGH-JKMN-PQRS")
    for nonces, role in ((("a" * 32, "c" * 32), "other"), (("a" * 32, "b" * 32), "counter")):
        with pytest.raises(wire.NotSealed):
            wire.Seal(key, nonces, role).open(pair()[0].close("newest"))


@fewer
@given(st.binary(max_size=200))
def test_noise_is_not_sealed(line: bytes) -> None:
    with pytest.raises(wire.NotSealed):
        pair()[1].open(line)


def test_a_secret_is_read_however_it_was_typed() -> None:
    assert wire.secret_key("k7of-1m2p xw9t-aaul") == wire.secret_key("K70F-1M2P-XW9T-AAVI")
    made = wire.new_secret()
    assert len(wire.secret_key(made)) == wire.SECRET_CHARS
    assert wire.secret_key(made.lower().replace("-", " ")) == wire.secret_key(made)
    assert made != wire.new_secret()


def test_greetings() -> None:
    nonce = wire.new_nonce()
    assert wire.nonce_of(wire.greeting(nonce), greeted=True) == nonce
    assert wire.nonce_of(f"{nonce}\n".encode(), greeted=False) == nonce
    for line, greeted in (
        (b"SSH-2.0\n", True),
        (f"{nonce}\n".encode(), True),
        (wire.greeting("x"), True),
        (b"", False),
    ):
        with pytest.raises(wire.NotSealed):
            wire.nonce_of(line, greeted=greeted)


@fewer
@given(
    st.one_of(st.none(), st.builds(Count, trials, st.integers(0, 10**9), st.just(BOOT), st.just(LANE), st.booleans()))
)
def test_a_count_is_told_as_a_line(told: Count | None) -> None:
    assert wire.count_of(wire.count_line(told)) == told


@pytest.mark.parametrize(
    "text",
    ["", "ok KXQR 1", "count", "count KXQR 1", "count kxqr 1 b m open", "count KXQR -1 b m open",
     "count KXQR 1 / m open", "count KXQR 1000000001 b m open",
     "count KXQR 12345678901234 b m open", "count KXQR ² b m open",
     "count KXQR 1 b m half", "count KXQR 1 b open"],
)  # fmt: skip
def test_what_is_no_count_is_not_taken_for_one(text: str) -> None:
    with pytest.raises(wire.NotSealed):
        wire.count_of(text)


def test_a_line_holds_the_longest_that_is_said() -> None:
    longest = wire.count_line(
        Count("KXQR", wire.NUMBER_MAX, "b" * count.WORD_CHARS_MAX, "m" * count.WORD_CHARS_MAX, ended=True)
    )
    assert len(pair()[0].close(longest)) <= wire.LINE_BYTES_MAX


# --- the verdict ---

AFTER = "another-start"


def compared(number: int, there: int, *, ended: bool = False, boot: str = BOOT, fault: str | None = None) -> Verdict:
    return verdict.compare(Count("KXQR", number, BOOT, LANE, ended=ended), There(there, boot, fault), AFTER)


@fewer
@given(st.integers(1, 10**6), st.integers(0, 10**6))
def test_lost_is_what_was_acknowledged_and_is_not_there(number: int, there: int) -> None:
    found = compared(number, there)
    assert found.outcome is (Outcome.HELD if there >= number else Outcome.LOST)
    assert found.lost == max(0, number - there)
    assert found.under_way == max(0, there - number)
    assert found.there + found.lost == number


def test_held_needs_a_cut() -> None:
    assert compared(5, 6).outcome is Outcome.HELD
    assert compared(5, 6, ended=True).outcome is Outcome.NOTHING
    assert compared(0, 1).outcome is Outcome.NOTHING
    told, there = Count("KXQR", 5, BOOT, LANE), There(5, BOOT)
    assert verdict.compare(told, there, BOOT).outcome is Outcome.NOTHING
    by_photo = Count("KXQR", 5)
    assert verdict.compare(by_photo, there, BOOT).outcome is Outcome.NOTHING
    assert verdict.compare(by_photo, there, AFTER).outcome is Outcome.HELD


def test_lost_needs_none() -> None:
    assert compared(5, 4, ended=True).outcome is Outcome.LOST
    assert verdict.compare(Count("KXQR", 5, BOOT, LANE), There(4, BOOT), BOOT).outcome is Outcome.LOST
    damaged = compared(5, 9, fault="sale 10 does not hold")
    assert (damaged.outcome, damaged.lost, damaged.why) == (Outcome.LOST, 0, "sale 10 does not hold")


def test_how_many_cuts_it_takes() -> None:
    assert verdict.cuts_needed() == 22
    assert verdict.cuts_needed(0.5, 0.9) == 4
    assert 0.9**21 > 0.1 > 0.9**22  # what the 22 are from
    assert verdict.rate_ruled_out(22) <= 0.1 < verdict.rate_ruled_out(21)


@pytest.mark.parametrize(
    ("cuts", "words"),
    [
        ([], "no power cut has been compared yet"),
        ([compared(5, 5, ended=True)], "no power cut has been compared yet"),
        ([compared(5, 6)], "1 cut, 5 acknowledged, 0 lost; a disk that fails 1 cut in 10 needs 22 cuts"),
        ([compared(5_000, 5_000)] * 3, "3 cuts, 15,000 acknowledged, 0 lost; a disk that fails 1 cut in 10 needs 22"),
        ([compared(5, 5)] * 22, "22 cuts, 110 acknowledged, 0 lost; 90 % sure that this disk fails fewer than 10 cuts"),
        ([compared(5, 5), compared(9, 2)], "2 cuts, 14 acknowledged, 7 lost; 1 of 2 failed"),
    ],
)
def test_several_cuts_add_up(cuts: list[Verdict], words: str) -> None:
    assert str(verdict.add_up(cuts)).startswith(words)


def test_the_sums_for_programs() -> None:
    assert verdict.add_up([compared(5, 5)] * 3).as_json() == {
        "cuts": 3, "cuts_that_lost": 0, "acknowledged": 15, "lost": 0, "ruled_out_percent": 54, "cuts_needed": 22,
    }  # fmt: skip
    assert verdict.add_up([compared(5, 1)]).as_json()["ruled_out_percent"] is None


def test_a_number_for_a_photo() -> None:
    lines = big(1_234).splitlines()
    assert len(lines) == 5
    assert lines[0] == "  #         ###   ####   #  #"
    assert len({big(number) for number in range(10)}) == 10


def test_a_trial_compared_later_is_ended_there() -> None:
    content = count.heading(FILE) + written("KXQR", 20)[:-4] + b"\n" + count.ended(FILE, "KXQR") + written("ABCD", 1)
    assert count.read(content + b"\n" + count.ended(FILE, "ZZZZ")) == [
        Count("KXQR", 19, BOOT, LANE, ended=True),
        Count("ABCD", 1, BOOT, LANE),
    ]


@pytest.mark.parametrize("node", ["lane-1", "Kasse 1 (vorn)", "", "x" * 300, "kässe"])
def test_a_machine_has_a_name_that_can_be_counted_under(node: str) -> None:
    assert count.is_word(count.machine_name(node))
