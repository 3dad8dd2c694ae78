"""A run: everything is started, the agent is killed over and over while it sells, and then everybody is asked."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from outbox.schema import connect_to_read
from tests.soak import store
from tests.soak.processes import COMMAND, Agent, Beside, Broken
from tests.soak.verdict import Evidence, judge

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

LIFE_S = 2.0  # of an agent, on average; it is memoryless, so that a kill meets everything
LIFE_MAX_S = 10.0
STOP_S = 1.0  # an agent that was told to stop is killed within that, or was quicker
PROGRESS_S = 120.0  # nothing delivered, printed or kicked for so long: nothing more will be
STOPPED_S = 30.0  # for the last stop, with nothing left to do
LOOK_S = 0.2


class Moment(StrEnum):
    """When an agent is killed."""

    SELLING = "selling"
    STARTING = "starting"  # before it answers: also the second of two kills in a row
    STOPPING = "stopping"  # after it was told to stop


WEIGHTS = {Moment.SELLING: 6, Moment.STARTING: 3, Moment.STOPPING: 2}


@dataclass(frozen=True)
class Plan:
    """`program` runs the agent; `forgets`: the webhook receiver drops no repeats; both are how it is known to fail."""

    kills: int
    seed: str
    batch: int = 1
    life_s: float = LIFE_S
    sales: int = 0  # at least so many, whatever was killed
    program: tuple[str, ...] = (str(COMMAND),)
    forgets: bool = False


@dataclass
class Outcome:
    """What a run came to."""

    violations: list[str]
    figures: dict[str, int]
    kills: Counter[str] = field(default_factory=Counter)
    took_s: float = 0.0


def soak(plan: Plan, folder: Path, say: Callable[[str], None] = lambda _: None) -> Outcome:
    """Run the plan in an empty folder on the disk. Raises `Broken` where it cannot be brought to its end."""
    began = time.monotonic()
    kills: Counter[str] = Counter()
    with ExitStack() as beside:
        forgets = ("forgets",) if plan.forgets else ()
        clouds = beside.enter_context(Beside("clouds", folder, str(folder / "clouds.json"), plan.seed, *forgets))
        names = list(store.PRINTERS.values())
        printers = beside.enter_context(Beside("printers", folder, str(folder / "printers.json"), *names))
        port = store.free_port(random.Random(f"{plan.seed} port"))
        store.write(folder, clouds.hello, printers.hello, port=port, batch=plan.batch)
        agent = beside.enter_context(closing(Agent(folder, port, plan.program)))
        agent.command("catalogue", "import", str(folder / "items.csv"))
        start_s = _first_start(agent)
        tills = beside.enter_context(Beside("tills", folder, str(folder), str(port), plan.seed, *store.TILLS))
        _kill(plan, agent, kills, start_s, say)
        while tills.tell("counts").get("sales", 0) < plan.sales:
            time.sleep(LOOK_S)
        sold = tills.end()
        clouds.tell("calm")
        say("The tills are closed; what is left is delivered and printed.")
        _settle(folder, say)
        agent.ask_to_stop()
        if not agent.wait_until_stopped(STOPPED_S):
            raise Broken(f"the agent had nothing to do and did not stop within {STOPPED_S:g} s")
        agent.command("journal", "verify")
        exported = agent.command("journal", "export")
        seen, paper = clouds.end(), printers.end()
    evidence = _evidence(folder, exported, seen, paper)
    verdict = judge(evidence)
    found = verdict.violations + sold["complaints"] + paper["twice"] + _faults(agent)
    figures = {
        "double effects": verdict.double_effects,
        "order violations": verdict.order_violations,
        **_figures(sold, seen, evidence),
    }
    return Outcome(found, figures, kills, time.monotonic() - began)


def _first_start(agent: Agent) -> float:
    began = time.monotonic()
    agent.start()
    agent.wait_until_healthy()
    return time.monotonic() - began


def _kill(plan: Plan, agent: Agent, kills: Counter[str], start_s: float, say: Callable[[str], None]) -> None:
    """Kill a running agent, and start it again, until that was done often enough; it runs at the end."""
    chance = random.Random(f"{plan.seed} kills")
    while kills.total() < plan.kills:
        moment = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        if moment is Moment.STARTING and not kills.total():
            moment = Moment.SELLING  # this one has started
        if moment is Moment.STARTING:
            time.sleep(chance.uniform(0, start_s))
        else:
            agent.wait_until_healthy()
            time.sleep(min(chance.expovariate(1 / plan.life_s), LIFE_MAX_S))
        if moment is Moment.STOPPING:
            agent.ask_to_stop()
            if agent.wait_until_stopped(chance.uniform(0, STOP_S)):
                agent.start()
                continue
        if agent.kill():
            kills[moment] += 1
        if kills.total() % 10 == 0:
            say(f"{kills.total()} kills")
        agent.start()
    agent.wait_until_healthy()


def _settle(folder: Path, say: Callable[[str], None]) -> None:
    """Wait until nothing is left to deliver, to print or to kick. Raises `Broken` where it stands still."""
    least, since, said = None, time.monotonic(), time.monotonic()
    while True:
        with closing(connect_to_read(folder / "state" / "journal.db")) as reader:
            left = _left(reader)
        if not any(left.values()):
            return
        now, total = time.monotonic(), sum(left.values())
        if least is None or total < least:
            least, since = total, now
        elif now - since > PROGRESS_S:
            raise Broken(f"nothing has moved for {PROGRESS_S:g} s, and there is left: {left}")
        if now - said > PROGRESS_S / 10:
            said = now
            say(f"left: {left}")
        time.sleep(LOOK_S)


def _left(reader: sqlite3.Connection) -> dict[str, int]:
    """Return what is still to be done. A refund whose sale is parked waits for a person."""
    deliveries = (
        "select delivery.cloud, count(*) from delivery left join delivery as earlier on earlier.id = delivery.after "
        "where delivery.state in ('waiting', 'sending') and earlier.state is not 'parked' group by 1"
    )
    left = dict(reader.execute(deliveries).fetchall())
    prints = "select count(*) from print_job where state in ('queued', 'sending')"
    left["prints"] = reader.execute(prints).fetchone()[0]
    left["kicks"] = reader.execute("select count(*) from kick where state = 'sending'").fetchone()[0]
    return left


def _evidence(folder: Path, exported: str, seen: dict[str, Any], paper: dict[str, Any]) -> Evidence:
    with closing(connect_to_read(folder / "state" / "journal.db")) as reader:
        drift = reader.execute(
            "select record.id, drift from delivery join record on record.seq = record_seq where cloud = 'square'"
        ).fetchall()
        parked = reader.execute(
            "select cloud, record.id, last_error from delivery join record on record.seq = record_seq "
            "where state = 'parked'"
        ).fetchall()
        prints = reader.execute(
            "select printer, receipt_number, state from print_job join record on record.id = record_id where copy = 0"
        ).fetchall()
        kicks = reader.execute("select drawer, state from kick").fetchall()
    return Evidence(
        told=[json.loads(line) for line in (folder / "told.jsonl").read_text(encoding="utf-8").splitlines()],
        journal=[json.loads(line) for line in exported.splitlines()],
        hook=seen["hook"],
        square=seen["square"],
        drift=dict(drift),
        parked=parked,
        papers=paper["papers"],
        prints=prints,
        kicks=[(drawer.removesuffix("-drawer"), state) for drawer, state in kicks],
    )


def _faults(agent: Agent) -> list[str]:
    """Return what the agent itself calls a bug of its own."""
    lines = agent.log.read_text(encoding="utf-8").splitlines()
    return [f"the agent's log: {line}" for line in lines if " ERROR " in line or " CRITICAL " in line]


def _figures(sold: dict[str, Any], seen: dict[str, Any], evidence: Evidence) -> dict[str, int]:
    at_tills, weather = Counter(sold["counts"]), seen["weather"]
    ended = Counter(state for _, _, state in evidence.prints)
    kicked = Counter(state for _, state in evidence.kicks)
    return {
        "sales acknowledged": at_tills["sales"],
        "refunds": at_tills["refunds"],
        "voids": at_tills["voids"],
        "parked and resumed": at_tills["parks"],
        "writes answered": at_tills["answers"],
        "writes asked again": at_tills["unanswered"] + at_tills["told to come again"] + at_tills["unheard"],
        "records": len(evidence.journal),
        "deliveries": len(seen["hook"]["effects"]) + len(seen["square"]["orders"]) + len(seen["square"]["refunds"]),
        "webhook posts": weather["hook"]["requests"],
        "Square requests": weather["square"]["requests"],
        "duplicates suppressed": seen["hook"]["repeats"] + seen["square"]["repeats"],
        "lost answers": weather["hook"]["lost answers"] + weather["square"]["lost answers"],
        "errors answered": sum(
            line[name]
            for line in weather.values()
            for name in ("error", "error_after", "unavailable", "too_many")
            if name in line
        ),
        "receipts printed": ended["printed"],
        "receipts unknown": ended["unknown"],
        "receipts not printed": ended["not_printed"],
        "drawers opened": kicked["opened"],
        "drawers unknown": kicked["unknown"],
        "drawers not opened": kicked["not_opened"],
    }
