"""The one loop that waits and tries again."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from drivers.device import DeviceState, DeviceView
from drivers.errors import PortLost, PortUnavailable
from drivers.simulated.wire import null_modem
from drivers.supervisor import BACKOFF_MAX_S, BACKOFF_MIN_S, Supervisor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from drivers.port import Port

WAIT_S = 10.0
START = datetime(2026, 1, 1, tzinfo=UTC)


class World:
    """A device whose fate is a list, and a clock that stands still."""

    def __init__(self, *fates: Exception | None) -> None:
        self.fates = list(fates)
        self.views: list[DeviceView] = []
        self.slept: list[float] = []
        self.ports: list[Port] = []
        self.chance = 1.0
        self.settled_s = 3600.0
        self.now = START
        self.enough = asyncio.Event()

    async def open_port(self) -> Port:
        if not self.fates:
            self.enough.set()
            await asyncio.Event().wait()
        fate = self.fates.pop(0)
        if isinstance(fate, PortUnavailable | ZeroDivisionError):
            raise fate
        host, _ = null_modem("sim://it")
        self.ports.append(host)
        self.fate = fate
        return host

    async def session(self, port: Port) -> None:
        await asyncio.sleep(0.01)
        if self.fate is not None:
            raise self.fate

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)

    def clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    async def live(self) -> Supervisor:
        supervisor = Supervisor(
            "counter",
            "scanner",
            "sim://it",
            open_port=self.open_port,
            session=self.session,
            on_state=self.views.append,
            sleep=self.sleep,
            chance=lambda: self.chance,
            now=self.clock,
            settled_s=self.settled_s,
        )
        assert supervisor.view.state is DeviceState.STOPPED
        task = asyncio.create_task(supervisor.run())
        await asyncio.wait_for(self.enough.wait(), WAIT_S)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert supervisor.view.state is DeviceState.STOPPED
        return supervisor


def absent() -> PortUnavailable:
    return PortUnavailable("sim://it is not there", hint="Plug it in")


async def test_open_run_lose_back_off_reopen() -> None:
    world = World(absent(), PortLost("gone", hint="Look at the cable"), None)
    await world.live()
    assert [view.state for view in world.views] == [
        DeviceState.OPENING,
        DeviceState.LOST,
        DeviceState.OPENING,
        DeviceState.READY,
        DeviceState.LOST,
        DeviceState.OPENING,
        DeviceState.READY,
        DeviceState.LOST,
        DeviceState.OPENING,
        DeviceState.STOPPED,
    ]
    first, second = world.views[1], world.views[4]
    assert (first.error, first.hint, first.failures) == ("sim://it is not there", "Plug it in", 1)
    assert (second.error, second.hint, second.failures) == ("gone", "Look at the cable", 2)
    assert world.views[2].error == "sim://it is not there"  # still the latest trouble while it is opened again
    assert world.views[3].error is None
    assert world.views[7].error is not None
    assert "ended the conversation" in world.views[7].error
    assert [view.since for view in world.views] == sorted({view.since for view in world.views})
    assert world.views[0].kind == "scanner"
    assert world.views[0].port == "sim://it"


async def test_the_waits_grow_to_a_ceiling_and_never_vanish() -> None:
    world = World(*(absent() for _ in range(20)))
    await world.live()
    assert world.slept[:4] == [0.5, 1.0, 2.0, 4.0]
    assert set(world.slept[4:]) == {BACKOFF_MAX_S}
    world = World(*(absent() for _ in range(20)))
    world.chance = 0.0
    await world.live()
    assert set(world.slept) == {BACKOFF_MIN_S}


async def test_the_port_is_closed_however_the_session_ends() -> None:
    world = World(None, PortLost("gone"), ValueError("a bug"))
    await world.live()
    assert len(world.ports) == 3
    for port in world.ports:
        with pytest.raises(PortLost):
            await port.read()


async def test_cancelling_closes_the_port() -> None:
    host, _ = null_modem()
    opened = asyncio.Event()

    async def open_port() -> Port:
        opened.set()
        return host

    async def session(port: Port) -> None:
        await port.read()

    task = asyncio.create_task(Supervisor("it", "scanner", "sim://it", open_port=open_port, session=session).run())
    await asyncio.wait_for(opened.wait(), WAIT_S)
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert host.lost


async def test_the_log_says_it_once_and_then_that_it_is_back(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "drivers.supervisor")
    world = World(absent(), absent(), absent(), None)
    world.settled_s = 0.0
    await world.live()
    said = [(record.levelno, record.getMessage()) for record in caplog.records]
    assert [level for level, _ in said] == [
        logging.WARNING,
        logging.DEBUG,
        logging.DEBUG,
        logging.INFO,
        logging.WARNING,
    ]
    assert "Plug it in" in said[0][1]
    assert "back after 3 tries" in said[3][1]
    assert world.views[-2].failures == 1


async def test_one_that_flaps_is_one_trouble(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "drivers.supervisor")
    world = World(*(PortLost("gone") for _ in range(4)))
    await world.live()
    assert [record.levelno for record in caplog.records] == [logging.WARNING] + [logging.DEBUG] * 3
    assert world.views[-2].failures == 4


async def test_a_bug_is_an_error_with_its_traceback_and_no_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "drivers.supervisor")
    world = World(ValueError("a bug"), ValueError("a bug"), ZeroDivisionError("another"), absent())
    await world.live()
    assert [record.levelno for record in caplog.records] == [
        logging.ERROR,
        logging.DEBUG,
        logging.ERROR,
        logging.DEBUG,
    ]
    assert caplog.records[0].exc_info
    assert world.views[2].error is not None
    assert "ValueError: a bug" in world.views[2].error
    assert world.views[2].hint


async def test_a_listener_that_fails_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    world = World(absent(), None)
    views = world.views

    class Listener:
        def append(self, view: DeviceView) -> None:
            views.append(view)
            raise RuntimeError("the page is gone")

    world.views = Listener()  # type: ignore[assignment]  # only `append` is used
    await world.live()
    assert DeviceState.READY in {view.state for view in views}
    assert "the page is gone" in caplog.text


async def test_with_no_listener_and_the_real_clock() -> None:
    tries = asyncio.Event()

    async def open_port() -> Port:
        tries.set()
        raise absent()

    async def session(port: Port) -> None:
        await port.read()

    fast: Callable[[float], Awaitable[None]] = lambda _: asyncio.sleep(0.01)  # noqa: E731 - one line is its name
    supervisor = Supervisor("it", "scanner", "sim://it", open_port=open_port, session=session, sleep=fast)
    task = asyncio.create_task(supervisor.run())
    await asyncio.wait_for(tries.wait(), WAIT_S)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert supervisor.view.since.tzinfo is not None
