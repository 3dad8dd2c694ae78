"""Webhooks: every record as JSON by POST, signed as the Standard Webhooks specification says.

Source: standardwebhooks.com, specification 1.0: `webhook-id` is the record's id, by which a receiver
drops what it has already seen, for ever; so the same bytes may be sent again at any age.

With `batch` above 1 the body is a JSON array of records of one till, oldest first, and `webhook-id` names the
array: the receiver drops what it has seen by each record's `id`, keeps all of an array or none of it, and
answers 4xx only where it keeps none.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field, SecretStr

from outbox.capabilities import Arithmetic, Capabilities
from outbox.clouds.settings import CloudSettings, CloudUrl
from outbox.connector import (
    Complete,
    Done,
    Idempotency,
    Refused,
    Request,
    Retry,
    Step,
    Unauthorized,
    Unknown,
)
from outbox.ids import derived_id
from outbox.record import Kind
from outbox.retry_after import asked_to_wait

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from outbox.clouds import StoreFacts
    from outbox.connector import Answer, Fact, Outcome, Packed, Sighting
    from outbox.feeds import Feed, Page

SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret begins with, not one
SECRET_BYTES_MIN = 24  # the specification's range for a symmetric key
SECRET_BYTES_MAX = 64
BATCH_MAX = 200  # half a megabyte of sales; larger bodies save no round trip worth having and hold up the till's loop

_LATER = frozenset(
    {
        HTTPStatus.PROXY_AUTHENTICATION_REQUIRED,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
_NOT_LET_IN = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_NOT_THERE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.GONE})


def _signing_key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(SECRET_PREFIX) or not SECRET_BYTES_MIN <= len(key) <= SECRET_BYTES_MAX:
        raise ValueError(
            f"a webhook secret is {SECRET_PREFIX} and the base64 of {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} random"
            f" bytes; make one: python -c \"import base64,os; print('{SECRET_PREFIX}'"
            ' + base64.b64encode(os.urandom(32)).decode())"'
        )
    return key


def _checked(secret: SecretStr) -> SecretStr:
    _signing_key(secret.get_secret_value())
    return secret


class Settings(CloudSettings):
    """The receiver's address and the secret both sides know."""

    url: CloudUrl = Field(description="where the records are posted")
    secret: Annotated[SecretStr, AfterValidator(_checked)] = Field(description="whsec_…, known to both sides")
    batch: int = Field(
        default=1, ge=1, le=BATCH_MAX, description="records in one request; above 1 the body is an array"
    )


CAPABILITIES = Capabilities(kinds=frozenset(Kind), arithmetic=Arithmetic.NONE)


class Webhook:
    """One receiver."""

    capabilities = CAPABILITIES
    throttle = None

    def __init__(self, url: str, secret: SecretStr, batch: int = 1) -> None:
        self.base_url = url
        self.packer = Arrays(batch) if batch > 1 else None
        self._secret = secret

    def next_step(self, fact: Fact) -> Step | Complete | Refused:
        """Return the one request, then `Complete`."""
        record = fact.record
        if "status" in fact.refs:
            return Complete(record.id)
        request = _post(record.id, record.canonical_body(), record.hash)
        return Step("post", record.id, Idempotency.KEY_REPLAY, request)

    def verdict(self, step: Step, fact: Fact, answer: Answer) -> Outcome:  # noqa: ARG002 - the contract
        """Go by the status alone: a receiver's body is its own affair."""
        return _verdict(answer, f"{fact.record.kind} {fact.record.receipt_number or fact.record.id}", fact.now)

    def probe(self, step: Step, fact: Fact) -> Request | None:  # noqa: ARG002 - the contract
        """Return None: a webhook cannot be asked, and need not be, since its id never grows old."""
        return None

    def sighting(self, step: Step, fact: Fact, answer: Answer) -> Sighting:  # noqa: ARG002 - the contract
        """Say that nothing can be seen: there is no probe whose answer this could be."""
        return Unknown("a webhook has nothing to look at")

    def credentials(self, request: Request, key: str, now: datetime) -> dict[str, str]:
        """Sign id, time and body. `key` is the record's id, frozen with the step."""
        timestamp = str(int(now.timestamp()))
        signed = f"{key}.{timestamp}.".encode() + request.body
        digest = hmac.new(_signing_key(self._secret.get_secret_value()), signed, hashlib.sha256).digest()
        return {
            "webhook-timestamp": timestamp,
            "webhook-signature": "v1," + base64.b64encode(digest).decode(),
        }

    def pull(self, feed: Feed, cursor: str | None) -> Request | None:  # noqa: ARG002 - the contract
        """Return None: it has no catalogue."""
        return None

    def page(
        self,
        feed: Feed,  # noqa: ARG002 - the contract
        cursor: str | None,  # noqa: ARG002 - the contract
        answer: Answer,  # noqa: ARG002 - the contract
    ) -> Page | Retry | Unauthorized | Refused:
        """Refuse: there is no request whose answer this could be."""
        return Refused("no_catalogue", "a webhook has no catalogue", "Import the items from a CSV file instead.")


class Arrays:
    """Many records in one request."""

    def __init__(self, size: int) -> None:
        self.size = size

    def pack(self, records: Sequence[Packed]) -> Step:
        """Return the request; the array's id is made of what is in it."""
        first, last = records[0], records[-1]
        key = derived_id(first.id, f"{len(records)} to {last.id}")
        body = ("[" + ",".join(record.text for record in records) + "]").encode()
        return Step("post", key, Idempotency.KEY_REPLAY, _post(key, body, last.hash))

    def verdict(self, records: Sequence[Packed], answer: Answer, now: datetime) -> Outcome:
        """Go by the status alone, for all of them."""
        named = [f"{record.kind} {record.receipt_number or record.id}" for record in (records[0], records[-1])]
        return _verdict(answer, " to ".join(dict.fromkeys(named)), now)

    def complete(self, record: Packed) -> Complete:
        """Return the record's own id, by which the receiver knows it."""
        return Complete(record.id)


def _post(key: str, body: bytes, chain: bytes) -> Request:
    """Return the request. `stillopen-chain` lets the receiver say, later, what the journal held at this record."""
    headers = (("content-type", "application/json"), ("webhook-id", key), ("stillopen-chain", chain.hex()))
    return Request("POST", "", body, headers)


def _verdict(answer: Answer, what: str, now: datetime) -> Outcome:
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Done({"status": str(status)})
    said = f"the receiver answered {status}"
    if status in _NOT_THERE:  # the address is wrong, not the record: one pause, not a park for every sale
        gone = "it is gone for good" if status == HTTPStatus.GONE else "nothing takes records at this url"
        return Unauthorized(f"{said}: {gone}; give this cloud its right url in stillopen.toml, or remove it")
    if status in _NOT_LET_IN:
        return Unauthorized(f"{said}: it does not accept the signature; compare the secret on both sides")
    if status in _LATER or not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Retry(said, asked_to_wait(answer, now))
    return Refused(
        str(status),
        f"{said} to {what}",
        "Look in the receiver's log why it did not take this record, mend it there, then retry the delivery.",
    )


def connector(settings: Settings, store: StoreFacts) -> Webhook:  # noqa: ARG001 - every kind is made so
    """Return the connector for one receiver."""
    return Webhook(settings.url, settings.secret, settings.batch)
