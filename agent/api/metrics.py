"""Figures for Prometheus, in its text format 0.0.4: what a person would want to be woken for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from agent.api.route import Route

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agent.api.route import Call
    from agent.app import App

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_NO_ENDINGS = {"pending", "left_open", "closed"}  # of a print job; of a drawer that nobody told to open
_NOT_TAKEN = {"refused", "interrupted"}  # how an update's newest work ended, so that somebody has to look
DELIVERY_STATES = ("waiting", "sending", "delivered", "parked")


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric and its samples, each with its labels."""

    name: str
    kind: str  # "gauge" or "counter"
    help: str
    samples: tuple[tuple[Mapping[str, str], float], ...]


async def view(call: Call) -> Response:
    """Return every figure as it is now."""
    return Response(text(figures(call.app, datetime.now(UTC))), HTTPStatus.OK, {"Content-Type": MEDIA_TYPE})


def figures(app: App, now: datetime) -> Iterator[Figure]:
    """Yield what there is to count. Counters start at zero with the agent."""
    yield Figure("stillopen_info", "gauge", "The agent's version, as a label.", (({"version": app.version}, 1),))
    yield Figure(
        "stillopen_selling", "gauge", "1 while sales can be written to the disk.", (({}, app.journal.fault is None),)
    )
    if app.disk.free_bytes is not None:
        yield Figure(
            "stillopen_disk_free_bytes", "gauge", "Free space of the journal's disk.", (({}, app.disk.free_bytes),)
        )
    yield from _copies(app.backups.view(), now)
    yield from _updates(app.update.view())
    clouds = app.lanes.views()
    yield Figure(
        "stillopen_deliveries",
        "gauge",
        "Records on their way to a cloud, by state.",
        tuple(
            ({"cloud": name, "state": state}, cloud[state])
            for name, cloud in clouds.items()
            for state in DELIVERY_STATES
        ),
    )
    yield Figure(
        "stillopen_delivery_oldest_waiting_seconds",
        "gauge",
        "Age of the oldest record a cloud does not have yet; 0 when it has all.",
        tuple(({"cloud": name}, _age_s(cloud["oldest_waiting"], now)) for name, cloud in clouds.items()),
    )
    lamps = app.line.view()
    yield Figure(
        "stillopen_line_up",
        "gauge",
        "1 while the local network, or the internet, carries; no sample where that is not known or not needed.",
        tuple(
            ({"line": name}, lamps[name]["state"] == "up") for name in ("network", "internet") if _known(lamps[name])
        ),
    )
    yield Figure(
        "stillopen_cloud_up",
        "gauge",
        "1 while a cloud answers; no sample where that is not known, or it is held offline by hand.",
        tuple(({"cloud": name}, lamp["state"] == "up") for name, lamp in lamps["clouds"].items() if _known(lamp)),
    )
    yield Figure(
        "stillopen_cloud_offline",
        "gauge",
        "1 while a cloud is held offline by hand.",
        tuple(({"cloud": name}, lamp["state"] == "offline") for name, lamp in lamps["clouds"].items()),
    )
    yield Figure(
        "stillopen_device_up",
        "gauge",
        "1 while the device's port is open and its session runs.",
        tuple(
            ({"device": device["name"], "kind": device["kind"]}, device["state"] == "ready")
            for device in app.device_views()
        ),
    )
    yield Figure(
        "stillopen_printer_total",
        "counter",
        "What each printer has done over all starts: receipts by how they ended, cuts, kicks, errors, seconds on.",
        tuple(
            ({"printer": printer, "what": what}, count)
            for printer in app.devices.printers
            for what, count in app.prints.counts.of(printer).items()
        ),
    )
    for event, name, label, said in (
        ("record", "stillopen_records_total", "kind", "Records written to the journal, by kind."),
        ("print", "stillopen_prints_total", "outcome", "Print jobs that ended, by what the printer said."),
        ("drawer", "stillopen_drawer_openings_total", "outcome", "Drawer openings that ended, by how."),
    ):
        yield Figure(
            name,
            "counter",
            said,
            tuple(
                ({label: ending}, count)
                for (type_, ending), count in sorted(app.events.told.items())
                if type_ == event and ending not in _NO_ENDINGS
            ),
        )
    yield Figure("stillopen_scans_total", "counter", "Barcodes scanned.", (({}, app.events.told["scan", ""]),))
    yield Figure("stillopen_event_subscribers", "gauge", "Listeners to /v1/events.", (({}, len(app.events)),))
    yield Figure(
        "stillopen_event_subscribers_dropped_total",
        "counter",
        "Listeners to /v1/events let go because they did not keep up.",
        (({}, app.events.dropped),),
    )


def _updates(update: Mapping[str, Any]) -> Iterator[Figure]:
    if update["why_not"] is not None:
        return
    last = update["last"]
    yield Figure(
        "stillopen_update",
        "gauge",
        "1 while a newer version lies ready, the newest was not taken or cut short, or none can be brought.",
        (
            ({"what": "staged"}, update["staged"] is not None),
            ({"what": "refused"}, last is not None and last["did"] in _NOT_TAKEN),
            ({"what": "trouble"}, update["trouble"] is not None),
        ),
    )


def _copies(backup: Mapping[str, Any] | None, now: datetime) -> Iterator[Figure]:
    if backup is None:
        return
    if backup["last_at"] is not None:
        yield Figure(
            "stillopen_backup_age_seconds",
            "gauge",
            "Age of the newest whole copy of the journal; no sample before there is one.",
            (({}, _age_s(backup["last_at"], now)),),
        )
    yield Figure(
        "stillopen_backup_trouble",
        "gauge",
        "1 while no copy of the journal can be made, or copies lie on its own disk.",
        (({"what": "failed"}, backup["error"] is not None), ({"what": "own_disk"}, backup["warning"] is not None)),
    )


def text(shown: Iterator[Figure]) -> str:
    """Write figures in the text format."""
    lines = []
    for figure in shown:
        lines += [f"# HELP {figure.name} {figure.help}", f"# TYPE {figure.name} {figure.kind}"]
        lines += [f"{figure.name}{_labels(labels)} {value:.17g}" for labels, value in figure.samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _known(lamp: Mapping[str, str]) -> bool:
    return lamp["state"] not in ("unknown", "unused", "offline")


def _age_s(since: str | None, now: datetime) -> float:
    if since is None:
        return 0
    return max(0.0, (now - datetime.fromisoformat(since)).total_seconds())


ROUTES = (Route("GET", "/metrics", view, "Figures for Prometheus", MEDIA_TYPE),)
