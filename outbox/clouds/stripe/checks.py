"""Whether the configuration fits the Stripe account: whose key it is, what it may do, which readers there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outbox.clouds.stripe.answer import read
from outbox.connector import Refused, Unauthorized
from outbox.mapping import Finding, Level, Question

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from outbox.clouds import StoreFacts
    from outbox.clouds.stripe.plan import Place
    from outbox.connector import Answer

_PAGE = 100
_FIRST = "readers"
# A restricted key shows what it may do only when it is used; reading is asked for, as it changes nothing.
_MAY = {
    "may PaymentIntents": ("PaymentIntents", "/v1/payment_intents"),
    "may Refunds": ("Refunds", "/v1/refunds"),
    "may Payment Records": ("Payment Records", "/v1/payment_records"),
}


class StripeChecks:
    """What one account can be asked. `readers`: by till, as configured."""

    def __init__(self, place: Place, readers: Mapping[str, str], store: StoreFacts) -> None:
        self._place = place
        self._readers = readers
        self._store = store

    def questions(self) -> Sequence[Question]:
        """Return what to ask; the readers first, which need the key and little else."""
        place = self._place
        return (
            Question(_FIRST, place.request("GET", "/v1/terminal/readers", {"limit": _PAGE})),
            Question("account", place.request("GET", "/v1/account")),
            *(Question(name, place.request("GET", path, {"limit": 1})) for name, (_, path) in _MAY.items()),
        )

    def findings(self, name: str, answer: Answer) -> Sequence[Finding | Question]:
        """Read the answer to a question."""
        body = read(answer, None)
        if isinstance(body, Unauthorized):
            return [Finding(Level.WRONG, f"{_what(name)}: {body.reason}")]
        if isinstance(body, Refused):
            return [Finding(Level.WRONG, f"{_what(name)}: {body.reason}. {body.hint}")]
        if not isinstance(body, dict):
            return [Finding(Level.WRONG, f"{_what(name)}: {body.reason}")]
        if name == _FIRST:
            return self._at_readers(body)
        if name == "account":
            return self._account(body)
        return [Finding(Level.GOOD, f"the key may read {_MAY[name][0]}; writing them shows with the first payment")]

    def _account(self, body: Mapping[str, Any]) -> list[Finding]:
        country, currency = str(body.get("country")), str(body.get("default_currency")).upper()
        found = [Finding(Level.GOOD, f"account {body.get('id')}, in {country}")]
        if currency != self._store.currency:
            words = f"the account is settled in {currency}, the store sells in {self._store.currency}: Stripe converts"
            found.append(Finding(Level.NOTE, words))
        if body.get("charges_enabled") is False:
            words = "the account may not charge cards yet: finish what Stripe's dashboard asks for"
            found.append(Finding(Level.WRONG, words))
        return found

    def _at_readers(self, body: Mapping[str, Any]) -> list[Finding]:
        listed = body.get("data")
        there = {str(one.get("id")): one for one in listed if isinstance(one, dict)} if isinstance(listed, list) else {}
        found = [_mode(next(iter(there.values())))] if there else []
        for till, reader in self._readers.items():
            seen = there.get(reader)
            if seen is None:
                words = f"till {till}: the account has no reader {reader}; register it, or correct its id"
                found.append(Finding(Level.WRONG, words, self._proposal(there)))
            elif seen.get("status") == "online":
                found.append(Finding(Level.GOOD, f"till {till}: reader {reader} ({seen.get('label')}) is online"))
            else:
                words = f"till {till}: reader {reader} ({seen.get('label')}) is offline: check its power and network"
                found.append(Finding(Level.WRONG, words))
        if not self._readers and there:
            words = f"the account has {len(there)} reader{'s' if len(there) > 1 else ''}, and no till uses one"
            found.append(Finding(Level.NOTE, words, self._proposal(there)))
        elif not self._readers:
            found.append(Finding(Level.NOTE, "the account has no readers: payments are recorded only"))
        return found

    def _proposal(self, there: Mapping[str, Any]) -> str:
        free = [reader for reader in there if reader not in self._readers.values()]
        return f'readers = {{ till-1 = "{free[0]}" }}  # the till that it stands at' if free else ""


def _mode(reader: Mapping[str, Any]) -> Finding:
    if reader.get("livemode") is True:
        return Finding(Level.GOOD, "the key is of live mode")
    return Finding(Level.NOTE, "the key is of test mode: no card is really charged")


def _what(name: str) -> str:
    return _MAY[name][0] if name in _MAY else name
