"""The table: every page, in every state, by the shop that the state needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.looks.abroad import ABROAD
from tests.looks.clouds import CLOUDS, clouds
from tests.looks.far import FAR, far_away
from tests.looks.full import FLOAT, FULL
from tests.looks.others import AROUND, OTHERS
from tests.looks.paying import PAYING
from tests.looks.people import PEOPLE, STRICT
from tests.looks.reader import READER, card_reader
from tests.looks.selling import SELLING
from tests.looks.setting_up import SETTING_UP
from tests.looks.stage import Setting
from tests.looks.this_pc import THIS_PC, this_pc
from tests.looks.troubles import TROUBLES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.looks.stage import Stage


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is looked at. The smallest screen that is promised, a usual one, a large one, and 200 % zoom."""

    dark: bool
    width: int
    height: int

    def __str__(self) -> str:
        return f"{'dark' if self.dark else 'light'}-{self.width}"


SCREENS = tuple(Look(dark, *size) for size in ((1024, 600), (1280, 800), (1920, 1080)) for dark in (False, True))
DOUBLED = Look(dark=False, width=640, height=400)  # what a screen of 1280 x 800 shows at 200 %
LOOKS = (*SCREENS, DOUBLED)


@dataclass(frozen=True, slots=True)
class Scene:
    """States that follow each other in one shop. `bring` takes a page that was just loaded to its state."""

    name: str
    states: tuple[Callable[[Stage], Awaitable[None]], ...]
    setting: Setting = field(default_factory=Setting)
    looks: tuple[Look, ...] = LOOKS


SCENES = (
    Scene("selling", SELLING),
    Scene("paying", PAYING),
    Scene("people", PEOPLE, Setting(STRICT, skip_pins=False)),
    Scene("troubles", TROUBLES),
    Scene("this pc", THIS_PC, Setting(beside=this_pc)),
    Scene("clouds", CLOUDS, Setting(beside=clouds)),
    Scene("far", FAR, Setting(beside=far_away)),
    Scene("reader", READER, Setting(beside=card_reader)),
    Scene("full", FULL, Setting(FLOAT)),
    Scene("yen", ABROAD, Setting(currency="JPY", locale="ja_JP")),
    Scene("dinar", ABROAD, Setting(currency="KWD", locale="en_KW")),
    Scene("others", OTHERS),
    Scene("around", AROUND, looks=SCREENS),  # a show and a document: nobody works in them
    Scene("setting up", SETTING_UP),
)

LANGUAGES = ("en", "de")
