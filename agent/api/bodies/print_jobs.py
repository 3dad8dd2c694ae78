"""Print jobs of other front ends."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from agent.api.bodies.fields import Body, ClaimId, RawBytes
from drivers.printer.document import ITEMS_MAX


class PrintSeen(Body):
    """What a person saw of a print that nobody knew of; `again` prints a copy, where it did not come out whole."""

    whole: bool
    again: bool = False

    @model_validator(mode="after")
    def _again_only_where_it_failed(self) -> Self:
        if self.whole and self.again:
            raise ValueError("what came out whole is not printed again; leave again out")
        return self


class PrintAgain(Body):
    """How a receipt is printed again: as a copy, or as a `gift` receipt, which has no prices."""

    gift: bool = False


class PrintJob(Body):
    """Either `document`, a list of items, each an object with a `type` (agent/api/README.md shows them), or `raw`.

    `raw` is ESC/POS. It may print, feed and cut: what opens a drawer, is obeyed out of turn or is not known is
    refused, and what asks the printer something is left out.
    """

    document: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=ITEMS_MAX)] | None = None
    raw: RawBytes | None = None
    claim: ClaimId | None = None

    @model_validator(mode="after")
    def _one_thing_to_print(self) -> Self:
        if (self.document is None) == (self.raw is None):
            raise ValueError("give exactly one of document and raw")
        return self

    @property
    def items(self) -> list[dict[str, Any]]:
        """The document; of raw bytes one that holds nothing else."""
        return self.document or [{"type": "raw", "content": self.raw}]
