"""The checks of what only the running agent knows: read from its own status, so that nothing is disturbed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from agent.doctor.finding import Finding, failed, not_known, ok, warning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from agent.config import Config

COPY_DAYS = 2  # one is made each night, and a night that was missed is made up for at the next start
NEWS_DAYS = 14  # what is noted for good is to be seen to for so long: the shops' longest outages have ended by then


def not_running(config: Config | None, why: str, hint: str) -> Iterator[Finding]:
    """Say what nobody knows while no agent answers."""
    yield not_known("agent", why, hint or "start it: stillopen run, or its service")
    for name in () if config is None else _devices(config):
        yield not_known(f"device {name}", "only the running agent speaks with it", "start the agent and run this again")


def _devices(config: Config) -> Iterator[str]:
    yield from (scanner.name for scanner in config.scanners)
    yield from (printer.name for printer in config.printers)
    yield from (drawer.name for drawer in config.drawers)
    yield from (scale.name for scale in config.scales)
    yield from (display.name for display in config.displays)


def running(status: Mapping[str, Any], *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Iterator[Finding]:
    """Judge what `GET /v1/status` answers."""
    if status["selling"]:
        yield ok("agent", f"version {status['version']} is running and sells")
    else:
        yield failed("agent", f"it does not sell: {status['fault']}", "do what it says, and restart it")
    if "journal" in status:
        yield of_log(status["journal"])
    for notice in status.get("notices", ()):
        yield of_notice(notice, now())
    if status.get("backup") is not None:
        yield of_copies(status["backup"], now())
    for device in status["devices"]:
        yield of_device(device)
        for notice in device.get("notices", ()):
            yield warning(f"device {device['name']}", notice["detail"], notice["hint"])
    for name, cloud in status["clouds"].items():
        yield of_cloud(name, cloud)


def of_log(journal: Mapping[str, Any]) -> Finding:
    """Judge the journal's log, which grows where a program reads the journal and does not let go."""
    check = "journal's log"
    if journal["alarm"] is None:
        return ok(check, "small: what is sold is folded into the journal")
    said, _, next_step = journal["alarm"].partition(". ")
    return warning(check, said, next_step)


def of_notice(notice: Mapping[str, Any], now: datetime) -> Finding:
    """Judge what is noted of this journal for good, such as that it was put back: news first, later a line to know."""
    check = notice["code"].replace("-", " ")
    said = f"since {notice['since'][:10]}: {notice['detail']}"
    if now - datetime.fromisoformat(notice["since"]) > timedelta(days=NEWS_DAYS):
        return ok(check, said)
    return warning(check, said, notice["hint"])


def of_copies(backup: Mapping[str, Any], now: datetime) -> Finding:
    """Judge the copies of the journal: whether they are made, where they would outlive it, and of when they are."""
    check = "copies of the journal"
    if backup["error"] is not None:
        return failed(check, backup["error"], "mend that; it is tried again within the hour")
    if backup["warning"] is not None:
        said, _, next_step = backup["warning"].partition(". ")
        return warning(check, said, next_step)
    if backup["last_at"] is None:
        return not_known(check, "none is there yet", "the first is made some minutes after a start: look again then")
    made = datetime.fromisoformat(backup["last_at"])
    if now - made > timedelta(days=COPY_DAYS):
        return warning(check, f"the newest is of {made:%Y-%m-%d}", f"look at the log, and at {backup['folder']}")
    return ok(check, f"the newest is of {made:%Y-%m-%d %H:%M} UTC, and was read again from its disk")


def of_device(device: Mapping[str, Any]) -> Finding:
    """Judge one device by its state and, where it is a printer, by what it says of itself (null: it does not say)."""
    name = f"device {device['name']}"
    where = f"{device['kind']} at {device['port']}"
    if device["state"] != "ready":
        trouble = f": {device['error']}" if device["error"] else ""
        return (failed if device["error"] else not_known)(
            name, f"{where} is {device['state']}{trouble}", device["hint"] or "look at its cable and power"
        )
    status = device.get("status")
    if status is None:  # a scanner or a drawer: that it is there is all that can be known
        return ok(name, f"{where} is ready")
    told = ", ".join(f"{field} {str(value).lower()}" for field, value in status.items() if value is not None)
    if status["online"] is False or status["cover_open"] or status["paper"] == "end" or _broken(status):
        return failed(name, f"{where} cannot print: {told}", "look at its paper, its cover and its lamps")
    if status["online"] is None:
        return not_known(
            name, f"{where} is connected, and does not say how it is", "print a test receipt, and look at it"
        )
    if status["paper"] == "near_end":
        return warning(name, f"{where} is ready, and its paper nearly at its end", "put a new roll beside it")
    return ok(name, f"{where} is ready: {told}")


def of_cloud(name: str, cloud: Mapping[str, Any]) -> Finding:
    """Judge a cloud's line as its own calls have shown it; no call is made for this."""
    check = f"cloud {name}"
    error = cloud["last_error"] or "it did not say why"
    match cloud["state"]:
        case "open":
            return ok(check, "its last call was answered")
        case "line":
            return warning(check, f"no line to it: {error}", "sales wait safely; look at the store's internet")
        case "trouble":
            return warning(check, f"it has trouble of its own: {error}", "sales wait safely; it is tried again")
        case "unauthorized":
            return failed(check, f"it does not accept the credentials: {error}", "give it new ones, and restart")
        case "not_configured" if not (cloud["waiting"] or cloud["sending"] or cloud["parked"]):
            return ok(check, "it is not configured any more, and nothing waits for it")
        case "not_configured":
            return warning(check, "records wait for it, and it is not configured any more", "put its [[cloud]] back")
    return not_known(check, "nothing was sent to it since the start", "sell something, or pull: stillopen cloud pull")


def _broken(status: Mapping[str, Any]) -> bool:
    return bool(status["cutter_error"] or status["error"])
