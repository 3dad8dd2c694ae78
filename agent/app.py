"""The whole agent, put together, started in order and stopped in the other order.

Journal first, since nothing may happen that it does not hold; then what was left half-way is settled;
then the devices, the tills and the clouds run, each in a task of its own that owns its failures.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import logging
import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from agent.attendance import Attendance
from agent.backups import Backups
from agent.cards.desk import Cards
from agent.checkup import Checkup
from agent.config.backup import check_backup
from agent.counter import counter, pieces
from agent.counters import Counters
from agent.customers import Customers
from agent.devices import Devices
from agent.door import Door
from agent.events import Events
from agent.kicks import Kicks
from agent.lanes import Lanes
from agent.lending import Lending
from agent.line.exchanges import Exchanges
from agent.line.offline import Offline
from agent.line.watch import Line
from agent.outage.desk import OutageDesk
from agent.own_items import OwnItems
from agent.pricing import Rules
from agent.quick_keys import QuickKeys
from agent.sale import decimal_text
from agent.setup.desk import SetupDesk
from agent.staff.by import OF_ITSELF
from agent.staff.changes import Changes
from agent.staff.staff import Staff
from agent.tax import TaxRounding, tax_rates
from agent.till import Store
from agent.training import Training
from agent.update.desk import UpdateDesk
from agent.update.idle import busy
from agent.update.machine import installation
from agent.upkeep import Upkeep
from outbox import epoch
from outbox.auth.keyring import Keyring
from outbox.catalogue import Catalogue
from outbox.journal import Journal
from outbox.money import Rounding, decimals
from outbox.room import Disk, Room

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from agent.cards.follow import Pace
    from agent.config import Config
    from agent.counter import Counter
    from agent.events import Publisher
    from agent.staff.by import By
    from drivers.drawer import Position
    from drivers.simulated.bench import Bench
    from outbox import answers

DISK_LOOK_S = 30.0  # the fastest disk that fills up by accident takes minutes
STOP_WAIT_S = 5.0  # for a task to end; the slowest closes a serial port

_log = logging.getLogger("stillopen")


class App:
    """One store's agent. `bench` holds simulated devices for `sim://` ports; `staff_clock` is one nobody can set."""

    def __init__(
        self,
        config: Config,
        state: Path,
        *,
        bench: Bench | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        staff_clock: Callable[[], float] = time.monotonic,
        card_pace: Pace | None = None,
    ) -> None:
        self.config = config
        self.state = state
        self.version = importlib.metadata.version("stillopen")
        self.failed: asyncio.Future[None] | None = None  # set when a task ended that never should
        self._tasks: set[asyncio.Task[None]] = set()
        self._now = now
        self._started_at = now().isoformat()
        zone = ZoneInfo(config.store.timezone)

        self.events = Events()
        self.journal = Journal(state)
        self.disk = Disk(state)
        self.catalogue = Catalogue(state)
        self.door = Door(host=config.api.host, origins=config.api.origins, state=state, journal=self.journal)
        self.staff = Staff(
            self.journal,
            self.events,
            self.door.pairings,
            rules=config.permissions.rules(),
            idle_lock_s=config.staff.idle_lock_min * 60,
            discount_limit=config.staff.discount_limit,
            clock=staff_clock,
            now=now,
        )
        self.staff_changes = Changes(self.journal, self.staff)
        self.offline = Offline(self.journal, [cloud.name for cloud in config.clouds], now=now)
        exchanges = Exchanges(self.offline.is_held, now=now)
        self.lanes = Lanes(
            config, self.journal, self.catalogue, self.events, self.disk, exchanges, self.offline,
            keyring=Keyring(state), now=now,
        )  # fmt: skip
        self.line = Line(
            config.line, exchanges, self.events,
            hosts=self.lanes.hosts, ask=self.lanes.ask, lane=self.lanes.lane, now=now,
        )  # fmt: skip
        self.offline.follow(self.line.judge)
        self.devices = Devices(config, state, self.events, bench=bench, on_scan=self._scanned, on_ready=self._ready)
        self.attendance = Attendance(self.staff, self.door.pairings)
        self.lending = Lending(
            config, self.devices, self.events, lambda till: self.counters.at(till).scans,
            locked=self.attendance.locked, now=now,
        )  # fmt: skip
        self.claims = self.lending.claims
        own = self._counter(
            self.journal, self.events, Kicks(self.journal, self.devices.drawers, self.events), on_record=self.lanes.wake
        )
        self.receipts, self.prints, self.kicks = own.receipts, own.prints, own.kicks
        self.tills, self.scans, self.ringing = own.tills, own.scans, own.ringing
        self.closing, self.records = own.closing, own.records
        self.shifts, self.shift_reports = own.shifts, own.shift_reports
        self.training = Training(
            state, self.events, self.devices.drawers, make=partial(self._counter, training=True), run=self._run
        )
        self.counters = Counters(own, self.training)
        self.customers = Customers(self.journal, now)
        self.own_items = OwnItems(self.journal, self.catalogue, self.tills, now)
        self.quick_keys = QuickKeys(self.journal, self.catalogue, self.tills, now)
        self.cards = Cards(
            self.journal, self.events, self.tills, self.lanes.card_readers, self.lanes.call, now=now, pace=card_pace
        )
        self.checkup = Checkup(self)
        self.setup = SetupDesk(config, state, now=now)
        self.outage = OutageDesk(
            config, self.journal, self.lanes, self.line, self.prints, self.tills,
            providers=self.cards.providers, now=now,
        )  # fmt: skip
        self.upkeep = Upkeep(
            self.journal,
            self.events,
            prints=self.prints,
            kicks=self.kicks,
            pairings=self.door.pairings,
            staff=self.staff,
            wake=self._wake,
            now=now,
        )
        self.update = UpdateDesk(
            config, state, self.journal,
            version=self.version, zone=zone, place=installation(), now=now,
            busy=lambda: busy(self.journal.reader, (till.id for till in config.tills)),
        )  # fmt: skip
        self.backups = Backups(
            config.backup,
            self.journal,
            stem=f"journal-{config.store.id}-{config.tills[0].id}",  # a lane's own: two may copy to one folder
            timezone=zone,
            now=now,
        )

    async def start(self) -> None:
        """Open what is on the disk and let everything run.

        Raises `OutboxError` where selling is not safe, and `ConfigInvalid` where copies would go with the original.
        """
        check_backup(self.config, self.state)
        self.training.clear()
        if self.state.exists():
            self.disk.look()  # on a full disk, opening needs what the ballast holds
        await self.journal.open()
        try:
            self.disk.prepare()
            await self.catalogue.open()
            self.door.open()
            self.staff.load()
            self.devices.recall()
            self.devices.displays.follow(lambda till: self.counters.at(till).tills.view(till)["sale"])
            self.events.follow(self.devices.displays.heard)
            self.events.follow(self.devices.tones.heard)
            self.events.follow(self.training.heard)
            await self.prints.recover()
            await self.kicks.recover()
            await self.cards.recover()
            await self.lanes.open()
        except BaseException:
            await self.stop()
            raise
        self.failed = asyncio.get_running_loop().create_future()
        for name, work in (
            *self.devices.tasks(),
            *((f"prints {name}", self.prints.run(name)) for name in self.devices.printers),
            *((f"till {till.id}", self.scans.run(till.id)) for till in self.config.tills),
            *self.lanes.tasks(),
            ("cards", self.cards.run()),
            ("line", self.line.run()),
            *self.upkeep.tasks(),
            *self.backups.tasks(),
            ("disk", self._watch_disk()),
            ("claims", self.claims.run()),
            ("updates", self.update.run()),
            ("idle pages", self.staff.lock_idle()),
        ):
            self._run(name, work)

    async def stop(self) -> None:
        """Let drawers finish, end every task, close devices, clouds, catalogue and, last, the journal."""
        await self.closing.close()
        await self.kicks.close()
        running = set(self._tasks)
        while running:
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=STOP_WAIT_S)
            for task in running:
                _log.error("%s did not stop when it was told to; it is told again.", task.get_name())
        await self.lanes.close()
        await self.catalogue.close()
        await self.prints.close()
        await self.training.close()
        await self.journal.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    # --- what the API asks of the whole ---

    def status(self) -> dict[str, Any]:
        """Return store, tills, devices and clouds, and the oldest record that is not delivered."""
        clouds = self.lanes.views()
        waiting = [cloud["oldest_waiting"] for cloud in clouds.values() if cloud["oldest_waiting"]]
        fault = self.journal.fault
        return {
            "version": self.version,
            "started_at": self._started_at,
            "selling": fault is None,
            "fault": None if fault is None else f"{fault}. {getattr(fault, 'hint', '')}".strip(),
            "journal": self.upkeep.view(),
            "backup": self.backups.view(),
            "disk": {"free_bytes": self.disk.free_bytes, "room": self.disk.room.name.lower()},
            "store": {
                "id": self.config.store.id,
                "name": self.config.store.name,
                "currency": self.config.store.currency,
                "decimals": decimals(self.config.store.currency),
                "timezone": self.config.store.timezone,
                "locale": self.config.store.locale,
                "prices_include_tax": self.config.store.prices_include_tax,
                "cash_rounding": self.tills.rules.cash_rounding,
                "denominations": list(pieces(self.config)),
                "taxes": [
                    {"code": tax.code, "name": tax.name, "rate": decimal_text(tax.rate)}
                    for tax in self.tills.rules.taxes.values()
                ],
            },
            "tills": [self.counters.at(till.id).tills.view(till.id) for till in self.config.tills],
            "devices": self.device_views(),
            "clouds": clouds,
            "line": self.line.view(),
            "setup": {"needed": self.setup.needed},
            "oldest_waiting": min(waiting, default=None),
            "notices": epoch.notices(self.journal.reader),
        }

    def till_view(self, till_id: str) -> dict[str, Any]:
        """Return a till with its open sale and what its devices are doing. Raises `Problem`."""
        view = self.counters.at(till_id).tills.view(till_id)
        mine = {view[role] for role in ("scanner", "printer", "drawer", "scale", "display")}
        return view | {
            "devices": [device for device in self.device_views() if device["name"] in mine],
            "cards": self.cards.till_view(till_id),
        }

    def device_views(self) -> list[dict[str, Any]]:
        """Return every device's state, as the local API shows it."""
        return [
            view
            | {"claim": self.claims.seen(view["name"])}
            | ({"counts": self.prints.counts.of(view["name"])} if view["kind"] == "printer" else {})
            for view in self.devices.views()
        ]

    async def test_device(self, name: str, by: By = OF_ITSELF) -> answers.Reply:
        """Make a device do something that a person can see. Raises `Problem`."""
        return await self.devices.test(name, self.prints, lambda till: self.counters.at(till).closing, by)

    async def teach_drawer(self, name: str, is_now: Position) -> answers.Reply:
        """Teach a drawer what its switch says while it is open, or closed. Raises `Problem`."""
        return await self.devices.teach(name, is_now)

    def outbox_view(
        self, *, cloud: str | None = None, state: str | None = None, limit: int = 100, after: int = 0
    ) -> dict[str, Any]:
        """Return counts by cloud and state, and a page of deliveries."""
        return self.lanes.outbox(cloud=cloud, state=state, limit=limit, after=after)

    async def retry(self, delivery_id: str, *, key: answers.Key | None, by: By = OF_ITSELF) -> answers.Reply:
        """Release a parked delivery, or try a waiting one now. Raises `Problem`."""
        return await self.lanes.retry(delivery_id, key=key, by=by)

    # --- how the parts meet ---

    def _counter(
        self,
        journal: Journal,
        events: Publisher,
        kicks: Kicks,
        *,
        on_record: Callable[[str], None] = lambda _: None,
        training: bool = False,
    ) -> Counter:
        zone, kinds = ZoneInfo(self.config.store.timezone), {} if training else self.lanes.kinds
        return counter(
            self.config,
            Store(
                self.config.store.id,
                zone,
                rules(self.config),
                kinds,
                counts_float=self.config.shift.count_float and not training,
                training=training,
            ),
            journal,
            events,
            kicks,
            devices=self.devices,
            catalogue=self.catalogue,
            has_room=lambda: self.disk.room is not Room.FULL,
            on_record=on_record,
            is_out=lambda: self.line.is_out() and not training,
            now=self._now,
        )

    def _wake(self) -> None:
        self.lanes.wake()
        self.cards.look_again()

    def _scanned(self, scanner: str, scan: Any) -> None:
        self.lending.scanned(scanner, scan)

    def _ready(self, device: str) -> None:
        if device in self.devices.printers:
            self.counters.wake(device)

    def _run(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Every task here runs for ever: one that ends by itself is a bug, and the service restarts the agent."""
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception() or RuntimeError(f"{task.get_name()} ended by itself")
        _log.critical("The agent has to stop: %s failed.", task.get_name(), exc_info=error)
        if self.failed is not None and not self.failed.done():
            self.failed.set_exception(error)

    async def _watch_disk(self) -> None:
        while True:
            await asyncio.sleep(DISK_LOOK_S)
            await asyncio.to_thread(self.disk.prepare)  # some file systems write the ballast in full


def rules(config: Config) -> Rules:
    """Return how the configured store prices."""
    return Rules(
        currency=config.store.currency,
        prices_include_tax=config.store.prices_include_tax,
        cash_rounding=config.store.cash_rounding_minor,
        taxes=tax_rates(config.taxes),
        default_tax=config.store.default_tax,
        tax_rounding=TaxRounding(config.store.tax_rounding == "line", Rounding(config.store.tax_fraction)),
    )
