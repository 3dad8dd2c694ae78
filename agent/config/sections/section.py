"""What every section keeps to."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of the file: strict, closed, frozen."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=False,
        defer_build=True,  # the whole file's is made of its sections' in one go; each made alone before is a lost 10 ms
    )
