"""Asking a cloud whether the configuration fits it: its own questions, and what its clock says."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.tax import tax_rates
from agent.tender_kinds import KINDS as TENDERS
from agent.ways import store_facts, way
from outbox.auth.authorizer import SignInNeeded
from outbox.clouds.packages import kind_of
from outbox.mapping import Declared, DeclaredTax, Finding, Level
from outbox.retry_after import http_date
from outbox.session import ExchangeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from agent.config import CloudConfig, Config
    from outbox.auth.keyring import Keyring
    from outbox.calls import Calls
    from outbox.connector import Answer
    from outbox.mapping import Checks

QUESTIONS_MAX = 200  # pages of a check; a mapping is not compared with a whole catalogue
CLOCK_S = 120.0  # beyond this, signatures and times of sale are refused by the strictest of the clouds


def declared(config: Config) -> Declared:
    """Return what the store's configuration says of itself."""
    taxes = tuple(DeclaredTax(tax.code, tax.name, tax.rate) for tax in tax_rates(config.taxes).values())
    return Declared(taxes, tuple(kind.type for kind in TENDERS))


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking. `answered` is False where the cloud was not reached to the end.

    `accepted` says of the first answer that the credentials were good; the mapping may be wrong all the same.
    """

    findings: tuple[Finding, ...]
    answered: bool
    accepted: bool = False

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return self.answered and all(found.level is not Level.WRONG for found in self.findings)


async def compare(
    cloud: CloudConfig,
    config: Config,
    keyring: Keyring,
    *,
    first_only: bool = False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Asked | None:
    """Compare a cloud's section with the system itself; None: its kind cannot be asked. Its settings are there."""
    assert cloud.settings is not None, "a cloud whose secret is missing cannot be asked"
    checks = kind_of(cloud.kind).checks(cloud.settings, store_facts(config), declared(config))
    if checks is None:
        return None
    own = way(cloud, config, keyring, now=now)
    try:
        return await ask(checks, own.calls, first_only=first_only, now=now)
    finally:
        await own.aclose()


async def ask(
    checks: Checks,
    calls: Calls,
    *,
    first_only: bool = False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Asked:
    """Ask all of a kind's questions, or the first one alone. Raises nothing that the cloud or the line can cause."""
    waiting = deque(checks.questions()[:1] if first_only else checks.questions())
    findings: list[Finding] = []
    clock: Finding | None = None
    accepted: bool | None = None
    for _ in range(QUESTIONS_MAX):
        if not waiting:
            break
        question = waiting.popleft()
        try:
            answer = await calls.exchange(question.request)
        except SignInNeeded as error:
            findings.append(Finding(Level.WRONG, str(error)))
            return Asked(tuple(findings), answered=False, accepted=bool(accepted))
        except ExchangeError as error:
            findings.append(Finding(Level.WRONG, f"not answered: {error}. {error.hint}"))
            return Asked(tuple(findings), answered=False, accepted=bool(accepted))
        clock = clock or _clock(answer, now())
        if accepted is None:
            accepted = HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
        for found in checks.findings(question.name, answer):
            if isinstance(found, Finding):
                findings.append(found)
            elif not first_only:
                waiting.append(found)
    if waiting:
        findings.append(Finding(Level.WRONG, "it asks for more and more pages; what came until then is shown"))
    return Asked((*findings, *([clock] if clock else [])), answered=True, accepted=bool(accepted))


def _clock(answer: Answer, now: datetime) -> Finding | None:
    said = http_date(answer.headers.get("date", ""))
    if said is None:
        return None
    ahead = (now - said).total_seconds()
    if abs(ahead) <= CLOCK_S:
        return Finding(Level.GOOD, "its clock and this PC's agree")
    way = "fast" if ahead > 0 else "slow"
    return Finding(
        Level.WRONG,
        f"this PC's clock is {abs(ahead):.0f} s {way} of the cloud's: let the system set it by the network (NTP)",
    )


def proposals(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Return the lines that findings propose, each once."""
    return tuple(dict.fromkeys(found.proposal for found in findings if found.proposal))
