"""Which cloud a command means, and whether it may be called now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.cli import out

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent.config import CloudConfig, Config
    from agent.places import Places


def configured(places: Places, name: str, *, need_secrets: bool = False) -> tuple[Config, CloudConfig]:
    """Return the configuration and the cloud of that name in it; see `load` for its secrets."""
    from agent.config import load

    config = load(places.config, need_secrets=need_secrets)
    clouds = {cloud.name: cloud for cloud in config.clouds}
    if name not in clouds:
        raise unknown(name, clouds)
    return config, clouds[name]


def must_be_online(places: Places, name: str) -> None:
    """Refuse to call a cloud that somebody holds offline. A PC without a journal holds none. Raises `OutboxError`."""
    from agent.line.offline import held_in
    from outbox import schema
    from outbox.errors import JournalMissing
    from outbox.journal import FILE

    try:
        with schema.reading(places.state / FILE) as reader:
            held = held_in(reader, name)
    except JournalMissing:
        return
    if held is not None:
        raise out.CommandError(
            f"{name} is held offline by hand, by {held.who} since {held.since}: {held.reason}",
            hint="put it back online on the till page's outage card (Alt+O), then try again",
        )


def unknown(name: str, known: Iterable[str]) -> out.CommandError:
    """Return the error that says which clouds there are."""
    names = ", ".join(known) or "none"
    return out.CommandError(f"there is no cloud {name!r}", hint=f"the configuration has: {names}", code=out.WRONG)
