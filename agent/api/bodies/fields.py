"""What bodies of several nouns are made of, and what every one of them keeps to."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo

from agent.basket import NAME_CHARS_MAX, REASON_CHARS_MAX
from agent.card_guard import refuse_card_data
from agent.checkout import LABEL_CHARS_MAX, REFERENCE_CHARS_MAX
from drivers.printer.document import RAW_BYTES_MAX
from outbox.money import AMOUNT_MAX

CODE_CHARS_MAX = 256  # a sku or a tax code; no shop's own numbering is longer

SCAN_CHARS_MAX = 4_096  # the largest GS1 symbol holds 3,116; more is noise

ID_CHARS_MAX = 64  # the agent's own ids are 36 characters, a till's at most 12

DECIMAL_CHARS_MAX = 20  # keeps a quantity times an amount exact

Amount = Annotated[int, Field(ge=0, le=AMOUNT_MAX, description="integer minor units of the store's currency")]

PositiveAmount = Annotated[
    int, Field(gt=0, le=AMOUNT_MAX, description="integer minor units of the store's currency, more than 0")
]

# ASCII digits only: a pattern's \d would take every script's digits
DecimalText = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)?$", max_length=DECIMAL_CHARS_MAX),
    Field(description="a decimal number as text, such as 2 or 0.350", examples=["2", "0.350"]),
]

PLAIN = r"^[^\x00-\x1f\x7f]*$"  # no control characters: these texts are printed, or shown to customers


def plain(longest: int) -> StringConstraints:
    """Return what a text keeps to that is printed: something to read, of at most so many characters."""
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=longest, pattern=PLAIN)


def _no_card_data(text: str, info: ValidationInfo) -> str:
    refuse_card_data(info.field_name or "a text", text)
    return text


# For every text of somebody's own making: refused here, it is in no record, no audit trail and no log.
NO_CARD_DATA = AfterValidator(_no_card_data)

Code = Annotated[str, plain(CODE_CHARS_MAX)]

Id = Annotated[str, plain(ID_CHARS_MAX)]

Name = Annotated[str, plain(NAME_CHARS_MAX), NO_CARD_DATA]

Reason = Annotated[str, plain(REASON_CHARS_MAX), NO_CARD_DATA]

Label = Annotated[str, plain(LABEL_CHARS_MAX), NO_CARD_DATA]

Reference = Annotated[
    str,
    plain(REFERENCE_CHARS_MAX),
    NO_CARD_DATA,
    Field(description="the terminal's slip number or the like; never a card number"),
]

ClaimId = Annotated[Id, Field(description="the caller's own claim of the device, where it is claimed")]

RawBytes = Annotated[
    str,
    StringConstraints(min_length=1),
    Field(description=f"at most {RAW_BYTES_MAX} bytes, as base64", examples=["SGVsbG8KHVYA"]),
]

ScanText = Annotated[str, StringConstraints(min_length=1, max_length=SCAN_CHARS_MAX)]


class Body(BaseModel):
    """What every request body keeps to."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Nothing(Body):
    """No fields: an empty body or `{}`."""
