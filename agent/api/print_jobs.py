"""Print jobs: printing for other front ends."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent import print_seen
from agent.api.claims import must_be_free
from agent.api.json_body import PRINT_JOB_BYTES_MAX
from agent.api.route import Route
from agent.staff.actions import Action
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def submit(call: Call) -> Reply:
    """Print a document or raw bytes, unless another front end has claimed the printer."""
    must_be_free(call, call.path["printer"], call.body.claim)
    return await call.app.prints.submit(call.path["printer"], call.body, key=call.key)


async def print_copy(call: Call) -> Reply:
    """Print it again, marked COPY."""
    prints = call.app.counters.of_job(call.path["job"]).prints
    return await prints.print_copy(call.path["job"], key=call.key)


async def settle_unclear(call: Call) -> Reply:
    """Keep what a person saw of a print whose outcome nobody knew."""
    job, body, counter = call.path["job"], call.body, call.app.counters.of_job(call.path["job"])
    return await print_seen.settle(
        counter.journal, counter.prints, job, whole=body.whole, again=body.again, key=call.key, by=call.by
    )


async def view(call: Call) -> Reply:
    """Return how a job stands: printed, not printed, unknown or still pending."""
    return Reply(HTTPStatus.OK, call.app.counters.of_job(call.path["job"]).prints.job(call.path["job"]))


ROUTES = (
    Route(
        "POST",
        "/v1/printers/{printer}/jobs",
        submit,
        "Print a document or raw ESC/POS, for other front ends",
        "Job",
        status=202,
        body="PrintJob",
        body_bytes_max=PRINT_JOB_BYTES_MAX,
        problems=("no-such-printer", "document", "claimed", "no-such-claim", "card-data"),
        action=Action.DEVICE_USE,
    ),
    Route(
        "GET",
        "/v1/jobs/{job}",
        view,
        "How a print job stands, by what the printer itself said",
        "Job",
        problems=("no-such-job",),
    ),
    Route(
        "POST",
        "/v1/jobs/{job}/print",
        print_copy,
        "Print a job that has ended again, marked COPY",
        "Job",
        status=202,
        problems=("no-such-job", "no-such-printer", "job-pending", "document-gone"),
        action=Action.REPRINT,
    ),
    Route(
        "POST",
        "/v1/jobs/{job}/outcome",
        settle_unclear,
        "Say whether a print came out whole that nobody knew of; print it again, if it did not",
        "Job",
        body="PrintSeen",
        problems=("no-such-job", "job-not-unclear"),
        action=Action.SELL,
    ),
)
