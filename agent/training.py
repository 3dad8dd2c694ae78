"""Training: tills that ring, complete and print as ever, into a journal of their own that is thrown away.

No record, number, figure, stock or delivery of the store's can change by it: none of them is in that file. It lies
in `STATE/training` from the first time a till trains until the agent starts again, which ends all training; the sale
that was open at a till when it began lies untouched in the store's own journal, and is there again afterwards.
"""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent.kicks import Kicks
from agent.problem import conflict
from outbox.journal import Journal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
    from pathlib import Path

    from agent.counter import Counter
    from agent.events import Events, EventType, Publisher
    from drivers.drawer import Drawer

    Make = Callable[[Journal, Publisher, Kicks], Counter]

FOLDER = "training"  # below the state folder
LETTERS = "TRAIN"  # before the count in a receipt's number; with its I, no epoch of a journal is called so


@dataclass(frozen=True, slots=True)
class Trainee:
    """A till that trains: which page turned it on, whose signing out ends it, and whether the drawer opens."""

    page: str
    opens_drawer: bool


class Training:
    """The tills that train now, and the counter they ring at once there was one. `make` puts it together."""

    def __init__(
        self,
        state: Path,
        events: Events,
        drawers: Mapping[str, Drawer],
        *,
        make: Make,
        run: Callable[[str, Coroutine[Any, Any, None]], None],
    ) -> None:
        self.counter: Counter | None = None
        self.tills: dict[str, Trainee] = {}
        self._folder = state / FOLDER
        self._events = events
        self._drawers = drawers
        self._make = make
        self._run = run
        self._opening = asyncio.Lock()

    def clear(self) -> None:
        """At a start: nothing that was learnt on is kept. Raises `OSError`."""
        if self._folder.exists():
            shutil.rmtree(self._folder)

    def __contains__(self, till_id: object) -> bool:
        return till_id in self.tills

    def must_not_be(self, tills: Iterable[str], page: str) -> None:
        """Refuse what would change the store's own lists where one of these trains, or what this page began.

        Raises `Problem`.
        """
        begun = (till_id for till_id, trainee in self.tills.items() if trainee.page == page)
        trains = next((till_id for till_id in (*tills, *begun) if till_id in self.tills), None)
        if trains is not None:
            raise conflict(
                "till-trains",
                f"Till {trains} trains, and this would stay when it no longer does: end training first.",
                till=trains,
            )

    async def begin(self, till_id: str, trainee: Trainee) -> None:
        """Let a till train, from an empty basket; one that does already goes on. Raises `OutboxError`."""
        async with self._opening:
            if self.counter is None:
                self.counter = await self._open()
        if till_id not in self.tills:
            await self.counter.journal.write(
                lambda connection: connection.execute("delete from open_sale where till = ?", (till_id,))
            )
        self.tills[till_id] = trainee
        self._tell(till_id)

    def end(self, till_id: str) -> None:
        """Let a till sell again. What it was ringing for training is gone."""
        if self.tills.pop(till_id, None) is not None:
            self._tell(till_id)

    def heard(self, event: str, fields: Mapping[str, Any]) -> None:
        """Take an event of the agent's: whoever began training has signed out, or somebody else has signed in."""
        if event == "staff":
            for till_id in [till_id for till_id, trainee in self.tills.items() if trainee.page == fields["page"]]:
                self.end(till_id)

    async def close(self) -> None:
        """Let the journal go; after its tasks have ended."""
        if self.counter is not None:
            await self.counter.closing.close()
            await self.counter.kicks.close()
            await self.counter.journal.close()

    async def _open(self) -> Counter:
        journal = Journal(self._folder)
        await journal.open()
        await journal.write(_numbered_apart)
        events = _Marked(self._events)
        made = self._make(journal, events, _Drawers(journal, self._drawers, events, self._opens))
        for name, work in _tasks(made):
            self._run(f"training {name}", work)
        return made

    def _opens(self, drawer: str) -> bool:
        assert self.counter is not None
        return any(
            trainee.opens_drawer and self.counter.tills.setup(till_id).drawer == drawer
            for till_id, trainee in self.tills.items()
        )

    def _tell(self, till_id: str) -> None:
        self._events.publish("training", till=till_id, training=till_id in self.tills)


class _Marked:
    """The agent's events, each of these with `training`."""

    def __init__(self, events: Events) -> None:
        self._events = events

    def publish(self, type: EventType, **fields: Any) -> None:  # noqa: A002 - the event's own word
        self._events.publish(type, **fields, training=True)


class _Drawers(Kicks):
    """Openings that happen on paper only, but where somebody asked to see the drawer open."""

    def __init__(
        self, journal: Journal, drawers: Mapping[str, Drawer], events: Publisher, opens: Callable[[str], bool]
    ) -> None:
        super().__init__(journal, drawers, events)
        self._opens = opens

    def start(self, record_id: str, drawer: str) -> None:
        if self._opens(drawer):
            super().start(record_id, drawer)


def _numbered_apart(connection: sqlite3.Connection) -> None:
    """Give receipts numbers that no receipt of the store's has."""
    connection.execute(
        "insert into epoch(number, letters, since, why, head, others) values (1, ?, '', 'training', null, '')",
        (LETTERS,),
    )


def _tasks(made: Counter) -> Iterator[tuple[str, Coroutine[Any, Any, None]]]:
    for till in made.tills:
        yield f"till {till.id}", made.scans.run(till.id)
    for printer in made.prints.names:
        yield f"prints {printer}", made.prints.run(printer)
