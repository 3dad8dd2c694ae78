"""Scripts: read or refused with the step, and played at the very byte and receipt."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.simulated.cable import Cable
from drivers.simulated.printer import SimulatedPrinter
from drivers.simulated.script import ScriptInvalid, Step, play, read_script, shipped_scripts
from drivers.simulated.switches import Counter, read_command
from drivers.simulated.wire import null_modem


def step(*lines: str) -> str:
    return "\n".join(("[[step]]", *lines))


PAIRS = [
    (step('do = "paper out"'), Step(read_command("paper out"))),
    (step("after_s = 1.5", 'do = "power off"'), Step(read_command("power off"), after_s=1.5)),
    (step("after_bytes = 4000", 'do = "cover open"'), Step(read_command("cover open"), after_bytes=4000)),
    (step("after_receipts = 2", 'do = "cutter stuck"'), Step(read_command("cutter stuck"), after_receipts=2)),
]


@pytest.mark.parametrize(("text", "expected"), PAIRS)
def test_a_step(text: str, expected: Step) -> None:
    assert read_script(text) == (expected,)


WRONG = [
    ("", "one to 1000 tables"),
    ("step = 1", "one to 1000 tables"),
    ("step = []", "one to 1000 tables"),
    ('name = "x"\n' + PAIRS[0][0], "nothing beside"),
    ("[[step", "no TOML"),
    ("step = [1]", "step 1: write do"),
    (step("do = 1"), "step 1: write do"),
    (step('do = "paper out"', "when = 3"), "step 1: write do"),
    (PAIRS[0][0] + "\n" + step('do = "paper gone"'), "step 2: paper is one of: in, low, out"),
    (step('do = "paper out"', "after_s = 1", "after_bytes = 5"), "step 1: write one of after_s and after_bytes"),
    (step('do = "paper out"', "after_s = -1"), "after_s is seconds"),
    (step('do = "paper out"', "after_s = true"), "after_s is seconds"),
    (step('do = "paper out"', "after_s = nan"), "after_s is seconds"),
    (step('do = "paper out"', 'after_s = "1"'), "after_s is seconds"),
    (step('do = "paper out"', "after_bytes = 0"), "after_bytes is a whole number"),
    (step('do = "paper out"', "after_bytes = 1.5"), "after_bytes is a whole number"),
    (step('do = "paper out"', "after_receipts = true"), "after_receipts is a whole number"),
]


@pytest.mark.parametrize(("text", "words"), WRONG)
def test_what_is_no_script_says_where_and_what_to_write(text: str, words: str) -> None:
    with pytest.raises(ScriptInvalid, match=words):
        read_script(text)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet='[step]\n ="adofrpuby_1.', max_size=60) | st.text())
def test_any_text_is_a_script_or_is_told_what_one_is(text: str) -> None:
    try:
        steps = read_script(text)
    except ScriptInvalid:
        return
    assert steps


def test_the_scripts_that_are_shipped_can_be_read() -> None:
    assert {"bad-morning", "cable-pulled", "paper-runs-out", "power-cut"} <= set(shipped_scripts())
    for text in shipped_scripts().values():
        assert read_script(text)


async def test_a_step_happens_at_the_very_byte_however_the_bytes_come() -> None:
    machine = SimulatedPrinter()
    it = Counter(machine, Cable(machine))
    host, device = null_modem()
    serving = asyncio.create_task(machine.serve(device))
    done: list[str] = []
    playing = asyncio.create_task(
        play(
            read_script(step("after_bytes = 4", 'do = "cover open"') + "\n" + step('do = "cover shut"')),
            it,
            on_step=lambda command: done.append(f"{command} at {machine.taken}"),
        )
    )
    await asyncio.sleep(0)  # the script has begun
    await host.write(b"1\n2\n3\n", timeout_s=1)
    await playing
    assert done == ["cover open at 4", "cover shut at 6"]
    await host.close()
    with pytest.raises(Exception, match="unplugged"):
        await serving


async def test_steps_by_receipt_and_by_time_follow_one_another() -> None:
    machine = SimulatedPrinter()
    it = Counter(machine, Cable(machine))
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    text = "\n".join((PAIRS[3][0], PAIRS[1][0], PAIRS[0][0]))
    playing = asyncio.create_task(play(read_script(text), it, sleep=sleep))
    await asyncio.sleep(0)
    machine.preload(b"a\n\x1dV\x00b\n")
    assert not machine.cutter_stuck
    machine.preload(b"\x1dV\x00c\n\x1dV\x00")
    assert machine.cutter_stuck
    assert machine.cuts == 2  # the third waits behind the stuck cutter
    await playing
    assert slept == [1.5, 0.0]
    assert (machine.powered, machine.paper_out) == (False, True)


async def test_a_script_that_is_stopped_does_nothing_later() -> None:
    machine = SimulatedPrinter()
    playing = asyncio.create_task(play(read_script(PAIRS[2][0]), Counter(machine, Cable(machine))))
    await asyncio.sleep(0)
    playing.cancel()
    await asyncio.wait({playing})
    machine.preload(b"x\n" * 3000)
    assert not machine.cover_open
