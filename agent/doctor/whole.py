"""Every check in the order in which a field tech would look; with the lines apart, as those wait for others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.config import ConfigInvalid, load
from agent.doctor import on_device, on_disk, on_host, on_update
from agent.update.machine import installation

if TYPE_CHECKING:
    from datetime import datetime

    from agent.config import Config
    from agent.doctor.finding import Finding
    from agent.places import Places


def of_this_pc(
    places: Places, now: datetime, *, running: str | None = None, inside: bool = False
) -> tuple[list[Finding], Config | None]:
    """Check what needs no line and no agent, and return the configuration, if need be without its secrets. Blocks.

    `running` is the version of the agent that answers, `inside` says that this process is that agent.
    """
    findings, config = on_disk.all_of(places, now)
    config = config or _without_secrets(places)
    findings.append(on_host.disk_health(places.state))
    findings.append(on_host.installed(running))
    findings.append(on_host.service(on_host.service_status))
    findings.append(on_update.updates(installation()))
    if config is not None:
        findings += on_device.all_of(config, places.state, inside=inside)
    return findings, config


def _without_secrets(places: Places) -> Config | None:
    try:
        return load(places.config, need_secrets=False)
    except ConfigInvalid:
        return None
