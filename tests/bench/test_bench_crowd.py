from __future__ import annotations

import asyncio

from bench import crowd


async def test_every_till_does_its_own_work_in_order_and_each_piece_is_a_sample() -> None:
    done: list[int] = []

    async def do(number: int) -> None:
        await asyncio.sleep(0)
        done.append(number)

    samples = await crowd.together(3, range(12), do)
    assert sorted(done) == list(range(12))
    assert [number for number in done if number % 3 == 1] == [1, 4, 7, 10]
    assert len(samples["µs"]) == 12
    assert len(samples["sales/s"]) == len(samples["CPU µs/sale"]) == 1


def test_who_is_served_one_by_one_waits_for_everybody_elses_turn() -> None:
    """Three tills of which each asks again at once: each waits for three pieces of work, the first ones for fewer."""
    done: list[int] = []
    samples = crowd.in_place(3, range(9), done.append)["µs"]
    assert done == list(range(9))
    assert len(samples) == 9
    alone = crowd.in_place(1, range(9), done.append)
    assert sum(alone["µs"]) <= 9e6 / alone["sales/s"][0]


def test_one_till_is_not_two() -> None:
    assert [crowd.called(tills) for tills in (1, 6)] == ["1 till", "6 tills"]
