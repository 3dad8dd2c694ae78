"""What answers of several nouns are made of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

Amount = Annotated[int, Field(description="integer minor units of `currency`")]

DecimalText = Annotated[str, Field(description="a decimal number as text", examples=["2", "0.350"])]

Time = Annotated[str, Field(description="RFC 3339 with an offset", json_schema_extra={"format": "date-time"})]

PrintState = Literal["printed", "not_printed", "unknown", "pending"]


class Signed(BaseModel):
    """Somebody, as a record or the audit trail names them."""

    id: str
    name: str
