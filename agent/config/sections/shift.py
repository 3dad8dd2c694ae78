"""How shifts are opened, counted and closed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agent.config.kinds import DecimalText, FromList
from agent.config.sections.section import Section
from agent.shift.coins import VALUES_MAX


class ShiftConfig(Section):
    """Shifts: what is asked for at their beginning and at their end."""

    count_float: bool = Field(default=False, description="true or false, without quotes", examples=[True])
    blind_count: bool = Field(default=True, description="true or false, without quotes", examples=[True])
    count_needed: bool = Field(default=False, description="true or false, without quotes", examples=[True])
    reason_above: DecimalText | None = Field(
        default=None, description="an amount as a decimal in quotes", examples=["5.00"]
    )
    denominations: Annotated[tuple[DecimalText, ...], FromList] = Field(
        default=(),
        max_length=VALUES_MAX,
        description=f"a list of at most {VALUES_MAX} decimals in quotes, a coin or note each",
        examples=[["50", "20", "10", "5", "2", "1", "0.50"]],
    )
