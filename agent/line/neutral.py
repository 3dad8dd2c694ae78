"""The neutral URL: a page that belongs to no cloud of the store's, whose exact answer is known.

Unencrypted on purpose where it is http: that is what the sign-in page of a guest network answers in its place.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from agent.line.reach import Reach, of_error

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from agent.config.sections import LineConfig

ANSWER_BYTES_MAX = 64 * 1024  # a sign-in page is larger than any text that is expected; the rest says nothing new


async def ask(wanted: LineConfig, client: Callable[[int], httpx.AsyncClient], *, within_s: float) -> Reach:
    """Ask for the URL once, with no credentials and no cookies, and follow no redirect."""
    import httpx  # slow to import, and no sale waits for it

    assert wanted.probe_url is not None
    opened = await asyncio.to_thread(client, 1)
    try:
        async with opened, asyncio.timeout(within_s), opened.stream("GET", wanted.probe_url) as answer:
            body = bytearray()
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > ANSWER_BYTES_MAX:
                    return Reach.FOREIGN_PAGE
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
        found = of_error(error)
        return Reach.UNREACHED if found is Reach.SILENT else found
    except (httpx.HTTPError, TimeoutError):
        return Reach.SILENT
    expected = answer.status_code == wanted.probe_status and bytes(body).strip() == wanted.probe_text.encode()
    return Reach.ANSWERED if expected else Reach.FOREIGN_PAGE
