"""What each cloud's own exchanges have shown: deliveries, pulls and askings alike. While a cloud is held, none go."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from agent.line.reach import Reach, Seen, of_error
from outbox.session import ExchangeError, NotSent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from outbox.connector import Answer, Request


class Session(Protocol):
    """What carries one exchange. Raises `NotSent` or `AnswerLost`."""

    async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        """Send one request and return the whole answer."""
        ...


class Exchanges:
    """The newest of each cloud. `held` says whether nothing may be sent to it."""

    def __init__(self, held: Callable[[str], bool], *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.newest: dict[str, Seen] = {}
        self.answered_at: dict[str, datetime] = {}  # since the start
        self._held = held
        self._now = now
        self._followers: list[Callable[[str], None]] = []

    def follow(self, follower: Callable[[str], None]) -> None:
        """Have a part of the agent told when a cloud's exchanges end otherwise than before."""
        self._followers.append(follower)

    def through(self, cloud: str, session: Session) -> Watched:
        """Return a session that is looked at, and that sends nothing while the cloud is held."""
        return Watched(cloud, session, self)

    def may(self, cloud: str) -> bool:
        """Return whether anything may be sent to the cloud."""
        return not self._held(cloud)

    def note(self, cloud: str, reach: Reach, why: str | None = None) -> None:
        """Keep how an exchange ended."""
        before = self.newest.get(cloud)
        seen = Seen(reach, self._now(), why)
        self.newest[cloud] = seen
        if reach is Reach.ANSWERED:
            self.answered_at[cloud] = seen.at
        if before is None or before.reach is not reach:
            self.changed(cloud)

    def changed(self, cloud: str) -> None:
        """Tell that something else is known of the cloud than before."""
        for follower in self._followers:
            follower(cloud)


class Watched:
    """A session to one cloud, whose every ending is kept."""

    def __init__(self, cloud: str, session: Session, exchanges: Exchanges) -> None:
        self._cloud = cloud
        self._session = session
        self._exchanges = exchanges

    async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        """Send one request and return the whole answer. Raises `NotSent`, also while held, or `AnswerLost`."""
        if not self._exchanges.may(self._cloud):
            raise NotSent(
                f"{self._cloud} is held offline by hand", hint="Put it back online at the till's outage card."
            )
        try:
            answer = await self._session.exchange(base_url, request, headers)
        except ExchangeError as error:
            self._exchanges.note(self._cloud, of_error(error), str(error))
            raise
        self._exchanges.note(self._cloud, Reach.ANSWERED)
        return answer
