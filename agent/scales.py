"""The scales of this store: a weight for the line being rung, and a look at the pan for those who show it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from agent.problem import conflict, invalid, not_found
from agent.sale import Unit as SoldBy
from drivers.errors import NotReady, NotWeighed
from outbox.answers import Reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from agent.basket import Product
    from agent.config import Config
    from agent.config.sections import ScaleConfig
    from drivers.device import DeviceListener
    from drivers.port import Port
    from drivers.scale.reading import Reading, Weight
    from drivers.scale.scale import Scale

WEIGH_S = 2.0  # how long a line waits for the pan to come to rest; a cashier has let go by then
TEST_S = 1.0  # somebody looks at the scale and at the page
PRESS_S = 3.0  # for a scale to show that it took zero or tare


class Scales:
    """Scales by name. `open_port` opens a URL; `on_change` hears the name of one that shows something else."""

    def __init__(
        self,
        config: Config,
        *,
        open_port: Callable[[str], Awaitable[Port]],
        on_state: DeviceListener,
        on_change: Callable[[str], None],
    ) -> None:
        self._of_till = {till.id: till.scale for till in config.tills}
        self.by_name = {
            scale.name: _scale(scale, partial(open_port, scale.port), on_state, partial(on_change, scale.name))
            for scale in config.scales
        }
        self._turns = {name: asyncio.Lock() for name in self.by_name}  # one weight is for one line

    @asynccontextmanager
    async def quantity(
        self, till_id: str, product: Product, given: str | None, label_price: int | None = None
    ) -> AsyncIterator[str | None]:
        """Weigh what is sold by weight and comes without one, where the till has a scale; else yield what was given.

        The block puts it on a line. Where it raises, the same goods may be weighed again.
        """
        scale = self._of_till.get(till_id)
        if given is not None or label_price is not None or scale is None or product.unit is not SoldBy.KG:
            yield given
            return
        async with self._weighed(scale, WEIGH_S, f" Or give the quantity of {product.name} in kg.") as weight:
            yield f"{weight.kg:f}"

    async def weigh(self, till_id: str, wait_s: float) -> Reply:
        """Weigh what lies on a till's scale, for a line that the caller rings. Raises `Problem`."""
        scale = self._of_till.get(till_id)
        if scale is None:
            raise invalid(
                "no-scale",
                f"Till {till_id} has no scale: name one in its [[till]] in stillopen.toml, with a [[scale]].",
            )
        async with self._weighed(scale, wait_s) as weight:
            return Reply(200, {"till": till_id, "scale": scale} | weight_as_json(weight))

    async def test(self, name: str) -> Reply:
        """Weigh what lies on a scale, for a person who looks whether it works. Raises `Problem`."""
        try:
            weight = await self.by_name[name].weigh(TEST_S)
        except NotWeighed as error:
            if error.reason == "zero":
                return Reply(
                    200, {"device": name, "weight": "0", "next": "It answers. Put something on it and try again."}
                )
            raise _not_weighed(error) from error
        return Reply(200, {"device": name} | weight_as_json(weight) | {"next": "Compare it with the scale's display."})

    async def press(self, name: str, key: str) -> Reply:
        """Press `zero`, `tare` or `clear_tare` on a scale. Raises `Problem`."""
        scale = self.by_name.get(name)
        if scale is None:
            raise no_such_scale(name, self.by_name)
        async with self._turns[name]:
            try:
                await {"zero": scale.zero, "tare": scale.tare, "clear_tare": scale.clear_tare}[key](PRESS_S)
            except NotReady as error:
                raise conflict("scale-not-set", f"{error}. {error.hint}") from error
        return Reply(200, {"device": name, "next": "The scale shows it."})

    @asynccontextmanager
    async def _weighed(self, name: str, wait_s: float, otherwise: str = "") -> AsyncIterator[Weight]:
        async with self._turns[name]:
            try:
                weight = await self.by_name[name].weigh(wait_s)
            except NotWeighed as error:
                raise _not_weighed(error, otherwise) from error
            yield weight
            self.by_name[name].take(weight)


def _scale(
    scale: ScaleConfig,
    open_port: Callable[[], Awaitable[Port]],
    on_state: DeviceListener,
    on_change: Callable[[], None],
) -> Scale:
    from drivers.scale.scale import Scale  # only for stores that have one

    return Scale(
        scale.name,
        open_port,
        scale.protocol,
        port=scale.port,
        unit=scale.unit.shown,
        on_state=on_state,
        on_change=on_change,
    )


def no_such_scale(name: str, scales: dict[str, Scale]) -> Exception:
    """Say which scales there are."""
    return not_found("device", f"There is no scale {name!r}; the configuration has: {', '.join(scales) or 'none'}.")


def weight_as_json(weight: Weight) -> dict[str, Any]:
    """Return a weight: what a line takes, in kg, and what the scale itself showed."""
    return {
        "weight": f"{weight.kg:f}",
        "unit": "kg",
        "shown": f"{weight.shown:f}",
        "shown_unit": str(weight.unit),
        "net": weight.net,
    }


def reading_as_json(scale: Scale) -> dict[str, Any]:
    """Return what a scale says now; null while nobody looks, or it has not said anything."""
    reading: Reading | None = scale.reading
    weight = None if reading is None else reading.weight
    return {
        "state": "silent" if scale.silent else None if reading is None else str(reading.state),
        "weight": None if weight is None else weight_as_json(weight),
        "net": None if reading is None else reading.net,
    }


def _not_weighed(error: NotWeighed, otherwise: str = "") -> Exception:
    said = str(error)
    return conflict("not-weighed", f"{said[:1].upper()}{said[1:]}. {error.hint}{otherwise}", reason=error.reason)
