"""What a person saw of a print whose outcome nobody knew: kept as the job's own end, and in the audit trail."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent import once, print_jobs
from agent.prints import no_job
from agent.problem import conflict
from outbox import answers
from outbox.answers import Reply
from outbox.ids import new_id

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from agent.print_jobs import Job
    from agent.prints import Prints
    from agent.staff.by import By
    from outbox.answers import Key
    from outbox.journal import Journal

_WHOLE = "the printer could not say; somebody looked, and it came out whole"
_NOT_WHOLE = "the printer could not say; somebody looked, and it did not come out whole"


async def settle(
    journal: Journal,
    prints: Prints,
    job_id: str,
    *,
    whole: bool,
    again: bool,
    key: Key | None,
    by: By,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Reply:
    """Keep what a person saw of a job that is `unknown`; `again` queues a copy, too. Raises `Problem`."""
    at, copy_id = now().isoformat(), new_id()
    state, reason = ("printed", _WHOLE) if whole else ("not_printed", _NOT_WHOLE)

    def change(connection: sqlite3.Connection) -> tuple[Reply, Job | None]:
        kept = once.kept(connection, key)
        if kept is not None:
            return kept, None
        job = print_jobs.find(connection, job_id)
        if job is None:
            raise no_job(job_id)
        if job.state != "unknown":
            raise conflict("job-not-unclear", f"How this job ended is known: it is {job.view()['state']}.")
        print_jobs.note(connection, job_id, state, at, reason)
        by.audit(connection, "print_outcome", at, subject=job.record_id or job_id, after={"whole": whole})
        if again:
            print_jobs.add(
                connection,
                copy_id,
                job.printer,
                at,
                record_id=job.record_id,
                copy=True,
                document=job.document,
                form=job.form,
            )
        seen = replace(job, state=state, reason=reason, hint=None)
        return answers.keep(connection, key, Reply(200, seen.view()), at), seen

    reply, seen = await journal.write(change)
    if seen is not None:
        prints.tell(seen, state, reason, None)
        prints.wake(seen.printer)
    return reply
