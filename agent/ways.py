"""The way to one cloud: a session at the pace the cloud allows, and what proves that it is this store that calls."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from outbox.auth.kept import authorizer
from outbox.bucket import Bucket
from outbox.calls import Calls
from outbox.clouds import StoreFacts, make
from outbox.clouds.packages import KindBroken, kind_of
from outbox.record import Kind
from outbox.session import Session, open_client

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.config import CloudConfig, Config
    from outbox.auth.authorizer import Authorizer
    from outbox.auth.keyring import Keyring
    from outbox.calls import Exchanges
    from outbox.capabilities import Capabilities
    from outbox.clouds import CloudKind
    from outbox.connector import Connector

    Through = Callable[[str, Exchanges], Exchanges]

UNREACHABLE_WITHOUT = "its secret is not there: `stillopen check` says which; then start the agent again"
KINDS_UNSEEN = frozenset({Kind.SALE, Kind.REFUND})  # what waits for a cloud whose kind cannot say what it takes


@dataclass(frozen=True, slots=True)
class Way:
    """One cloud's. `first` is for deliveries and what they need, `then` for pulls, which come after them."""

    name: str
    kind: CloudKind
    connector: Connector
    session: Session
    bucket: Bucket | None  # None: the cloud names no limits
    first: Exchanges
    then: Exchanges
    authorizer: Authorizer
    keyring: Keyring

    @property
    def calls(self) -> Calls:
        """Calls that go before pulls."""
        return Calls(self.connector.base_url, self.first, self.authorizer)

    def view(self) -> dict[str, Any]:
        """Return what a person may want to know of it, as the local API shows it."""
        standing = self.authorizer.standing
        return {
            "credentials": {
                "by": standing.by,
                "good_until": _iso(standing.good_until),
                "ends_at": _iso(standing.ends_at),
                "missing": standing.by != "configuration" and self.keyring.stamp(self.name) is None,
            },
            "limits": None if self.bucket is None else asdict(self.bucket.state),
        }

    async def aclose(self) -> None:
        """Close its connections."""
        if self.bucket is not None:
            self.bucket.close()
        await self.session.aclose()


def way(
    cloud: CloudConfig,
    config: Config,
    keyring: Keyring,
    *,
    through: Through = lambda _, session: session,  # cloud, session: what looks at its exchanges
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Way:
    """Return the way to a cloud whose settings are there; nothing is opened yet."""
    assert cloud.settings is not None, "a cloud whose secret is missing cannot be called"
    kind, store = kind_of(cloud.kind), store_facts(config)
    connector = make(cloud.kind, cloud.settings, store)
    # One connection more than tills at once: for the pull.
    session = Session(
        partial(open_client, network=config.network.network), parallel=connector.capabilities.parallel + 1
    )
    bucket = None if connector.throttle is None else Bucket(connector.throttle)
    first, then = (
        through(cloud.name, session if bucket is None else bucket.of(session, first=first)) for first in (True, False)
    )
    proof = authorizer(
        cloud.name,
        kind,
        cloud.settings,
        lambda settings: make(kind.name, settings, store),
        keyring,
        first,
        now,
    )
    return Way(cloud.name, kind, connector, session, bucket, first, then, proof, keyring)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def store_facts(config: Config) -> StoreFacts:
    """Return what a connector may know of the store."""
    return StoreFacts(
        id=config.store.id,
        currency=config.store.currency,
        prices_include_tax=config.store.prices_include_tax,
        timezone=config.store.timezone,
        name=config.store.name,
    )


def connectors(config: Config) -> tuple[dict[str, Connector], dict[str, str]]:
    """Return, by name, the connectors of the configured clouds, and why the others have none."""
    found: dict[str, Connector] = {}
    without: dict[str, str] = {}
    for cloud in config.clouds:
        try:
            kind_of(cloud.kind)
            if cloud.settings is None:
                without[cloud.name] = UNREACHABLE_WITHOUT
            else:
                found[cloud.name] = make(cloud.kind, cloud.settings, store_facts(config))
        except KindBroken as broken:
            without[cloud.name] = f"{broken}: update or remove that package; then start the agent again"
    return found, without


def capabilities(cloud: CloudConfig) -> Capabilities | None:
    """Return what a cloud takes, or None where its kind cannot be used."""
    try:
        return kind_of(cloud.kind).capabilities()
    except KindBroken:
        return None
