"""What is asked to see whether the internet is there."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from agent.config.kinds import Line, fix
from agent.config.sections.section import Section

_EXAMPLE = "http://connectivitycheck.gstatic.com/generate_204"


def _probe_url(url: str) -> str:
    cure = f"write the address of a page whose answer is known, with no password in it, like {_EXAMPLE}"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise fix(cure) from None
    if not host or parts.scheme not in {"http", "https"} or parts.username or parts.password or parts.fragment:
        raise fix(cure)
    return url


ProbeUrl = Annotated[str, AfterValidator(_probe_url)]


class LineConfig(Section):
    """A neutral page. Without one, the clouds' own hosts are asked and nothing else."""

    probe_url: ProbeUrl | None = Field(
        default=None, description="the address of a page whose exact answer is known", examples=[_EXAMPLE]
    )
    probe_status: int = Field(
        default=HTTPStatus.NO_CONTENT,
        ge=100,
        le=599,
        description="the status of its answer, 100 to 599",
        examples=[204],
    )
    probe_text: Line = Field(
        default="", description="the text of its answer, without spaces around it", examples=["success"]
    )
