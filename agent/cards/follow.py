"""Following one card payment to its end: what to ask the cloud next, and what its answers mean for the attempt.

The state on the disk says what may have been sent. What was lost is looked up, never sent again on a guess: the cloud
charges a payment once at most, and one that was called off never.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from agent.cards.attempt import Attempt, State
from outbox.card_reader import AtReader, Payment, Phase
from outbox.connector import Refused, Retry, Unauthorized, Unclear
from outbox.session import AnswerLost

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from agent.cards.changes import Changes
    from outbox.card_reader import CardReaders, Trouble
    from outbox.connector import Answer, Request

    Call = Callable[[Request], Awaitable[Answer]]

_AGAIN = "Begin the card payment again, or take another tender."


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a payment is asked for, in seconds."""

    polls_s: tuple[float, ...] = (0.5, 0.7, 1.0, 1.0, 1.5, 2.0)  # a card is read in two to ten seconds; the last stays
    troubles_s: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)  # while the cloud cannot be asked; the last stays
    card_wait_s: float = 300.0  # nobody looks for a card that long; the reader is let go then


class NotNow(Exception):
    """The cloud could not be asked, or did not say: to be asked again."""

    def __init__(self, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.after_s = after_s


@dataclass(frozen=True, slots=True)
class Follower:
    """Takes one attempt a step further at a time. `fresh`: whether it was begun in this very life of the agent."""

    readers: CardReaders
    changes: Changes
    call: Call
    now: Callable[[], datetime]
    pace: Pace

    async def step(self, attempt: Attempt, *, fresh: bool) -> bool:
        """Do what comes next; says whether it is to be asked again only after a while.

        Raises `NotNow`, and `NotSent` or `AnswerLost` where the line failed.
        """
        match attempt.state:
            case State.CREATING:
                await self._create(attempt, fresh=fresh)
            case State.HANDING:
                await self._hand(attempt, fresh=fresh)
            case State.AT_READER:
                return await self._watch(attempt)
            case State.CAPTURING:
                return await self._capture(attempt)
            case State.CALLING_OFF:
                return await self._call_off(attempt)
            case _:
                return await self._give_back(attempt)
        return False

    async def _create(self, attempt: Attempt, *, fresh: bool) -> None:
        if not fresh:  # no reader was told of it, so nothing can be charged for it
            reason = "the agent was started anew before the reader was told"
            await self.changes.end(attempt, State.FAILED, reason=reason, hint=_AGAIN)
            return
        made = self.readers.payment(await self.call(self.readers.create(attempt.asked)), self.now())
        if isinstance(made, Refused):
            await self.changes.end(attempt, State.FAILED, reason=made.reason, hint=made.hint)
            return
        payment = _known(made)
        await self.changes.move(attempt, State.HANDING, payment=payment.id)

    async def _hand(self, attempt: Attempt, *, fresh: bool) -> None:
        if not fresh:  # the reader may have been told or not; it is not to light up for a customer who may be gone
            await self.changes.move(attempt, State.AT_READER)
            return
        try:
            answer = await self.call(self.readers.hand(attempt.asked, _id(attempt)))
        except AnswerLost:
            await self.changes.move(attempt, State.AT_READER)  # the reader itself says whether it was told
            return
        seen = self.readers.at_reader(answer, self.now())
        if isinstance(seen, Refused):
            await self.changes.call_off(attempt, State.FAILED, f"the reader did not take it: {seen.reason}", _AGAIN)
        elif isinstance(seen, Unclear | AtReader):
            await self.changes.move(attempt, State.AT_READER)
        else:
            raise _not_now(seen)

    async def _watch(self, attempt: Attempt) -> bool:
        seen = self.readers.at_reader(await self.call(self.readers.watch(attempt.asked)), self.now())
        if not isinstance(seen, AtReader | Refused):
            raise _not_now(seen)
        its_own = isinstance(seen, AtReader) and seen.payment == attempt.payment
        waited = (self.now() - datetime.fromisoformat(attempt.made_at)).total_seconds()
        late = not 0 <= waited <= self.pace.card_wait_s  # a clock that was set back makes it unknown
        if isinstance(seen, AtReader) and its_own and seen.busy and not late:
            if seen.online is False:
                raise NotNow("the reader is offline: check its power and its network, or cancel")
            return True
        payment = await self._looked_up(attempt)
        if payment.phase is not Phase.WAITING:
            return await self._go_by(attempt, payment)
        if isinstance(seen, AtReader) and its_own and seen.failed is not None:
            ends_as = State.CANCELLED if seen.by_customer else State.DECLINED
            why = "the customer cancelled at the reader" if seen.by_customer else payment.why or seen.failed
            await self.changes.call_off(attempt, ends_as, why, "Ask for another card, or take another tender.")
        elif late:
            await self.changes.call_off(attempt, State.CANCELLED, "nobody showed the reader a card", _AGAIN)
        elif not its_own:
            await self.changes.call_off(attempt, State.FAILED, "the reader is not at this payment", _AGAIN)
        return True

    async def _go_by(self, attempt: Attempt, payment: Payment) -> bool:
        """Go on by what the payment itself has become."""
        if payment.phase is Phase.CHARGED:
            await self.changes.charged(attempt, payment)
        elif payment.phase is Phase.AUTHORISED:
            await self.changes.agreed(attempt)
        elif payment.phase is Phase.OFF:
            await self._ended(attempt)
        else:
            return True
        return False

    async def _capture(self, attempt: Attempt) -> bool:
        payment = await self._looked_up(attempt)
        if payment.phase is not Phase.AUTHORISED:
            if payment.phase is Phase.WAITING:  # the bank took its word back
                await self.changes.call_off(attempt, State.FAILED, payment.why or "the bank took it back", _AGAIN)
                return False
            return await self._go_by(attempt, payment)
        charged = self.readers.payment(await self.call(self.readers.capture(payment.id)), self.now())
        if isinstance(charged, Refused):
            await self.changes.call_off(attempt, State.FAILED, charged.reason, _AGAIN)
            return False
        return await self._go_by(attempt, _known(charged))

    async def _call_off(self, attempt: Attempt) -> bool:
        payment = await self._looked_up(attempt)
        if payment.phase in (Phase.CHARGED, Phase.OFF):
            return await self._go_by(attempt, payment)
        await self._stop_reader(attempt)
        if payment.phase is Phase.UNDER_WAY:
            return True
        off = self.readers.payment(await self.call(self.readers.call_off(payment.id)), self.now())
        if isinstance(off, Refused):  # it became something else meanwhile
            return True
        if _known(off).phase is not Phase.OFF:
            return True
        await self._ended(attempt)
        return False

    async def _stop_reader(self, attempt: Attempt) -> None:
        """Let the reader go, where it is at this payment: another till may be using it."""
        seen = self.readers.at_reader(await self.call(self.readers.watch(attempt.asked)), self.now())
        if isinstance(seen, AtReader) and seen.busy and seen.payment == attempt.payment:
            await self.call(self.readers.stop(attempt.asked))  # calling the payment off is what counts

    async def _ended(self, attempt: Attempt) -> None:
        """Write down that it can never be charged any more."""
        if attempt.state is State.CALLING_OFF:
            await self.changes.end(attempt, attempt.ends_as)
        elif attempt.state is State.GIVING_BACK:
            await self.changes.end(attempt, State.GIVEN_BACK)
        else:
            await self.changes.end(attempt, State.FAILED, reason=f"{attempt.cloud} called it off", hint=_AGAIN)

    async def _give_back(self, attempt: Attempt) -> bool:
        payment = await self._looked_up(attempt)
        if payment.phase is not Phase.CHARGED:
            return await self._go_by(attempt, payment)
        if payment.given_back < payment.amount:
            back = self.readers.given_back(
                await self.call(self.readers.give_back(attempt.asked, payment.id)), self.now()
            )
            if isinstance(back, Refused):
                await self._cannot_give_back(attempt, back)
                return False
            if not isinstance(back, int):
                raise _not_now(back)
        await self.changes.end(attempt, State.GIVEN_BACK)
        return False

    async def _cannot_give_back(self, attempt: Attempt, refused: Refused) -> None:
        if attempt.left:
            hint = f"Look up payment {attempt.payment} at {attempt.cloud}, and give the money back there."
            await self.changes.end(attempt, State.UNKNOWN, reason=refused.reason, hint=hint, told=False)
        else:  # it stays what it is: charged, and a tender of its sale
            hint = "The card stays charged: complete the sale, and give the money back in another way."
            await self.changes.end(attempt, State.TAKEN, reason=refused.reason, hint=hint)

    async def _looked_up(self, attempt: Attempt) -> Payment:
        """Return the payment as it is now."""
        seen = self.readers.payment(await self.call(self.readers.look(_id(attempt))), self.now())
        return _known(seen)


def _id(attempt: Attempt) -> str:
    assert attempt.payment is not None, "it was made before it was handed on"
    return attempt.payment


def _known(seen: Payment | Trouble) -> Payment:
    """Return the payment; raise `NotNow` where the answer was none."""
    if isinstance(seen, Payment):
        return seen
    raise _not_now(seen)


def _not_now(trouble: Retry | Unauthorized | Refused | Unclear) -> NotNow:
    after_s = trouble.after_s if isinstance(trouble, Retry | Unclear) else None
    return NotNow(trouble.reason, after_s)
