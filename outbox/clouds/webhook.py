"""Webhooks: every record as JSON by POST, signed as the Standard Webhooks specification says.

Source: standardwebhooks.com, specification 1.0: `webhook-id` is the record's id, by which a receiver
drops what it has already seen, for ever; so the same bytes may be sent again at any age.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field, SecretStr

from outbox.clouds.settings import CloudSettings, CloudUrl
from outbox.connector import (
    Capabilities,
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
from outbox.record import Kind
from outbox.retry_after import asked_to_wait

if TYPE_CHECKING:
    from datetime import datetime

    from outbox.clouds import StoreFacts
    from outbox.connector import Answer, Fact, Outcome, Page, Sighting

SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret begins with, not one
SECRET_BYTES_MIN = 24  # the specification's range for a symmetric key
SECRET_BYTES_MAX = 64

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


CAPABILITIES = Capabilities(kinds=frozenset(Kind), arithmetic="none")


class Webhook:
    """One receiver."""

    capabilities = CAPABILITIES

    def __init__(self, url: str, secret: SecretStr) -> None:
        self.base_url = url
        self._secret = secret

    def next_step(self, fact: Fact) -> Step | Complete | Refused:
        """Return the one request, then `Complete`."""
        record = fact.record
        if "status" in fact.refs:
            return Complete(record.id)
        headers = (("content-type", "application/json"), ("webhook-id", record.id))
        return Step("post", record.id, Idempotency.KEY_REPLAY, Request("POST", "", record.canonical_body(), headers))

    def verdict(self, step: Step, fact: Fact, answer: Answer) -> Outcome:  # noqa: ARG002 - the contract
        """Go by the status alone: a receiver's body is its own affair."""
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
            return Retry(said, asked_to_wait(answer, fact.now))
        return Refused(
            str(status),
            f"{said} to {fact.record.kind} {fact.record.receipt_number or fact.record.id}",
            "Look in the receiver's log why it did not take this record, mend it there, then retry the delivery.",
        )

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

    def pull(self, cursor: str | None) -> Request | None:  # noqa: ARG002 - the contract
        """Return None: it has no catalogue."""
        return None

    def page(
        self,
        cursor: str | None,  # noqa: ARG002 - the contract
        answer: Answer,  # noqa: ARG002 - the contract
    ) -> Page | Retry | Unauthorized | Refused:
        """Refuse: there is no request whose answer this could be."""
        return Refused("no_catalogue", "a webhook has no catalogue", "Import the items from a CSV file instead.")


def connector(settings: Settings, store: StoreFacts) -> Webhook:  # noqa: ARG001 - every kind is made so
    """Return the connector for one receiver."""
    return Webhook(settings.url, settings.secret)
