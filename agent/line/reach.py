"""What a call has shown of the line: one word for each way it can end.

Over TLS an answer is the cloud's own, whatever it says: the certificate proves it. That somebody else answers,
as the sign-in page of a guest network does, shows in the certificate there, and in the page where nothing is
encrypted (`neutral`).
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from outbox.session import NotSent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

_NOT_AT_THIS_TIME = {9, 10}  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED (openssl/x509_vfy.h)
# What TLS says of a line that broke, or of an answer that has not come: nothing about who is there.
_LINE_IN_TLS = (
    ssl.SSLEOFError,
    ssl.SSLZeroReturnError,
    ssl.SSLSyscallError,
    ssl.SSLWantReadError,
    ssl.SSLWantWriteError,
)


class Reach(StrEnum):
    """How a call ended."""

    ANSWERED = "answered"
    FOREIGN_PAGE = "foreign_page"  # an answer that is not the one expected
    FOREIGN_CERTIFICATE = "foreign_certificate"  # somebody else's certificate, or no TLS at all
    CLOCK = "clock"  # a certificate that does not hold at this PC's time: its clock is wrong, or it has run out
    SILENT = "silent"  # a connection, and no whole answer
    UNREACHED = "unreached"  # no connection
    NO_NAME = "no_name"  # the name service knows no such host
    NO_NAME_SERVICE = "no_name_service"  # and this one did not answer


FOREIGN = frozenset({Reach.FOREIGN_PAGE, Reach.FOREIGN_CERTIFICATE})


@dataclass(frozen=True, slots=True)
class Seen:
    """What a call has shown, and when."""

    reach: Reach
    at: datetime
    why: str | None = None  # in words, where it was no answer


def of_error(error: Exception) -> Reach:
    """Return what an exchange's error shows, by what caused it."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Reach.CLOCK if cause.verify_code in _NOT_AT_THIS_TIME else Reach.FOREIGN_CERTIFICATE
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, _LINE_IN_TLS):
            return Reach.FOREIGN_CERTIFICATE
        if isinstance(cause, socket.gaierror):
            return Reach.NO_NAME_SERVICE if cause.errno == socket.EAI_AGAIN else Reach.NO_NAME
    return Reach.UNREACHED if isinstance(error, NotSent) else Reach.SILENT


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
