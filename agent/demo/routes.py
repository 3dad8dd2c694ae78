"""`/demo/...`: what the demo page asks and does. These routes exist in `stillopen demo` only, behind the same door."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.api import json_body
from agent.api.bodies import Body, Id, ScanText
from agent.api.findings import invalid_request
from agent.demo import shop
from agent.demo.cloud import Trouble
from agent.problem import invalid

if TYPE_CHECKING:
    from starlette.requests import Request

    from agent.app import App
    from agent.demo.world import World

_B = TypeVar("_B", bound=Body)

_BODY_BYTES_MAX = 8 * 1024  # a scan of 4,096 characters, escaped


class Scan(Body):
    """A code held before the scanner."""

    code: ScanText


class Switches(Body):
    """The printer's switches; what is left out stays as it is."""

    paper: bool | None = None
    cover_open: bool | None = None
    power: bool | None = None


class Switch(Body):
    """A switch of the printer's and where to put it: `paper out`."""

    put: str


class Script(Body):
    """A script by name; null stops the one that plays."""

    name: str | None


class Well(Body):
    """Everything in order again."""


class DrawerPush(Body):
    """A person can only push it shut."""

    open: bool


class Pan(Body):
    """What is to lie on the scale's pan, by its sku; null clears it."""

    on: Id | None


class Plug(Body):
    """The line's plug."""

    plugged: bool


class CloudTrouble(Body):
    """What is wrong with the cloud."""

    trouble: str


class DemoRoutes:
    """The routes as methods, so that they share the world and the app."""

    def __init__(self, world: World, app: App) -> None:
        self._world = world
        self._app = app

    def routes(self) -> list[Route]:
        """Return them for the server's `extra_routes`."""
        return [
            Route("/demo/world", self.view, methods=["GET"]),
            Route("/demo/shelf", self.shelf, methods=["GET"]),
            Route("/demo/receipts/{number:int}.png", self.picture, methods=["GET"]),
            Route("/demo/scan", self.scan, methods=["POST"]),
            Route("/demo/printer", self.printer, methods=["POST"]),
            Route("/demo/faults", self.faults, methods=["GET"]),
            Route("/demo/switch", self.switch, methods=["POST"]),
            Route("/demo/script", self.script, methods=["POST"]),
            Route("/demo/well", self.well, methods=["POST"]),
            Route("/demo/drawer", self.drawer, methods=["POST"]),
            Route("/demo/scale", self.scale, methods=["POST"]),
            Route("/demo/line", self.line, methods=["POST"]),
            Route("/demo/cloud", self.cloud, methods=["POST"]),
        ]

    async def view(self, _: Request) -> Response:
        """Return the world, and how many records are here and on their way."""
        counts = self._app.lanes.views()[shop.CLOUD]
        waiting = counts["waiting"] + counts["sending"]
        journal = waiting + counts["delivered"] + counts["parked"]
        return JSONResponse({**self._world.view(), "journal": journal, "waiting": waiting})

    async def shelf(self, _: Request) -> Response:
        """Return the items with their barcodes."""
        return JSONResponse({"items": shop.shelf()})

    async def picture(self, request: Request) -> Response:
        """Return a receipt as a PNG."""
        return Response(await self._world.picture(request.path_params["number"]), media_type="image/png")

    async def scan(self, request: Request) -> Response:
        """Hold a code before the simulated scanner."""
        await self._world.scan((await _body(request, Scan)).code)
        return _done()

    async def printer(self, request: Request) -> Response:
        """Work the printer's switches."""
        wanted = await _body(request, Switches)
        await self._world.set_printer(paper=wanted.paper, cover_open=wanted.cover_open, power=wanted.power)
        return _done()

    async def faults(self, _: Request) -> Response:
        """Return what can be wrong with the printer, and the scripts."""
        return JSONResponse(self._world.faults.choice())

    async def switch(self, request: Request) -> Response:
        """Put one of the printer's switches somewhere."""
        self._world.faults.put((await _body(request, Switch)).put)
        return _done()

    async def script(self, request: Request) -> Response:
        """Play a script, or stop the one that plays."""
        await self._world.faults.play((await _body(request, Script)).name)
        return _done()

    async def well(self, request: Request) -> Response:
        """Stop the script and put every switch back."""
        await _body(request, Well)
        await self._world.faults.make_well()
        return _done()

    async def drawer(self, request: Request) -> Response:
        """Push the drawer shut."""
        if (await _body(request, DrawerPush)).open:
            raise invalid("drawer-by-hand", "The demo's drawer opens by the till: pay cash, or open it with a reason.")
        self._world.close_drawer()
        return _done()

    async def scale(self, request: Request) -> Response:
        """Put something on the scale's pan, or clear it."""
        self._world.weigh((await _body(request, Pan)).on)
        return _done()

    async def line(self, request: Request) -> Response:
        """Pull the plug, or put it in."""
        await self._world.set_line(plugged=(await _body(request, Plug)).plugged)
        return _done()

    async def cloud(self, request: Request) -> Response:
        """Give the cloud trouble, or end it."""
        wanted = (await _body(request, CloudTrouble)).trouble
        if wanted not in set(Trouble):
            raise invalid("trouble", f"There is no such trouble: use one of {', '.join(Trouble)}.")
        self._world.cloud().trouble = Trouble(wanted)
        return _done()


def _done() -> Response:
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def _body(request: Request, model: type[_B]) -> _B:
    json_body.check_media_type(request.headers)
    value = json_body.parse(await json_body.read(request.stream(), request.headers, bytes_max=_BODY_BYTES_MAX))
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise invalid_request(error, model, where="body") from None
