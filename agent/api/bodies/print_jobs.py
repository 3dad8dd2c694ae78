"""Print jobs of other front ends."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from agent.api.bodies.fields import Body, ClaimId, RawBytes
from drivers.printer.document import ITEMS_MAX


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
