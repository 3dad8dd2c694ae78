"""The set-up of a store. What may stand in each field the configuration says, which is checked as a whole."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from agent.api.bodies.fields import NO_CARD_DATA, PLAIN, Body

TEXT_CHARS_MAX = 300  # of one value; a line of a receipt has at most 200, a port's URL rarely 100
SECTIONS_MAX = 100  # of one kind; a PC that rings for more tills than that is no PC in a store
LINES_MAX = 30  # of a receipt's header or footer, as the configuration has it

Text = Annotated[str, StringConstraints(max_length=TEXT_CHARS_MAX, pattern=PLAIN), NO_CARD_DATA]
Lines = Annotated[list[Text], Field(max_length=LINES_MAX)]


class SetupStore(Body):
    """`[store]`: what is left out stays as it is."""

    id: Text | None = None
    name: Text | None = None
    currency: Text | None = None
    timezone: Text | None = None
    locale: Text | None = None
    prices_include_tax: bool | None = None
    receipt_header: Lines | None = None
    receipt_footer: Lines | None = None
    default_tax: Text | None = None


class SetupTill(Body):
    """A `[[till]]`, known by its id, with the names of its devices."""

    id: Text
    scanner: Text | None = None
    printer: Text | None = None
    drawer: Text | None = None
    scale: Text | None = None
    display: Text | None = None


class SetupTax(Body):
    """A `[[tax]]`, known by its code. `rate` is per cent, as text."""

    code: Text
    rate: Text | None = None
    name: Text | None = None


class SetupScanner(Body):
    """A `[[scanner]]`, known by its name."""

    name: Text
    port: Text
    suffix: Text | None = None
    keyboard: Text | None = None


class SetupPrinter(Body):
    """A `[[printer]]`, known by its name."""

    name: Text
    port: Text
    profile: Text | None = None
    columns: int | None = None
    dialect: Text | None = None


class SetupDrawer(Body):
    """A `[[drawer]]`, known by its name: on a printer, or at a port of its own."""

    name: Text
    printer: Text | None = None
    port: Text | None = None


class SetupScale(Body):
    """A `[[scale]]`, known by its name."""

    name: Text
    port: Text
    protocol: Text | None = None


class SetupDisplay(Body):
    """A `[[display]]`, known by its name: on a printer, or at a port of its own."""

    name: Text
    printer: Text | None = None
    port: Text | None = None


class SetupAnswers(Body):
    """What was answered, in the shape of the configuration; what is left out stays as it is there.

    A null within a section takes that key out of it.
    """

    store: SetupStore | None = None
    till: list[SetupTill] = Field(default_factory=list, max_length=SECTIONS_MAX)
    tax: list[SetupTax] = Field(default_factory=list, max_length=SECTIONS_MAX)
    scanner: list[SetupScanner] = Field(default_factory=list, max_length=SECTIONS_MAX)
    printer: list[SetupPrinter] = Field(default_factory=list, max_length=SECTIONS_MAX)
    drawer: list[SetupDrawer] = Field(default_factory=list, max_length=SECTIONS_MAX)
    scale: list[SetupScale] = Field(default_factory=list, max_length=SECTIONS_MAX)
    display: list[SetupDisplay] = Field(default_factory=list, max_length=SECTIONS_MAX)
