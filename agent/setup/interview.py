"""The questions of a first run, in the order in which somebody at a counter knows the answers."""

from __future__ import annotations

from contextlib import contextmanager
from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Any

from agent.setup.dialogue import NotTaken, steps
from agent.setup.heard import TAX, id_of, tax_of
from agent.setup.plugs import free_name, names_in, sections_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from agent.setup.dialogue import Dialogue
    from agent.setup.heard import Heard
    from agent.setup.proposed import Proposed

_NONE = "none"
_LEAVE = "leave"
_USUAL_COLUMNS = 42  # what a printer of 80 mm paper has whose width nobody names
_ROLES = {
    "scanner": "a barcode scanner",
    "printer": "a receipt printer",
    "drawer": "a cash drawer",
    "scale": "a scale",
    "display": "a customer display",
}


def interview(to: Dialogue, heard: Heard, here: Proposed, plugged: Mapping[str, Any]) -> None:
    """Ask everything; what was answered is in `heard`. Raises `Ended`."""
    about_devices = [partial(_device, to, heard, one) for one in plugged["devices"] if sections_for(one, ())]
    steps(
        [
            *_about_store(to, heard, here),
            *about_devices,
            partial(_network, to, heard, plugged),
            partial(_drawer, to, heard),
        ]
    )


def _about_store(to: Dialogue, heard: Heard, here: Proposed) -> list[Callable[[], None]]:
    def text(key: str, question: str, more: str, proposed: Callable[[], str | None]) -> None:
        def check(answer: str) -> None:
            with _fitting(heard, "store", key):
                if key == "name" and heard.store.get("id") == id_of(str(heard.now("name"))):
                    del heard.store["id"]  # it was only proposed by the name
                heard.store[key] = answer

        to.ask(question, heard.now(key) or proposed() or "", more=more, check=check)

    def prices() -> None:
        known = heard.now("prices_include_tax")
        proposal = here.prices_include_tax is not False if known is None else bool(known)
        heard.store["prices_include_tax"] = to.agrees(
            "Do the prices on the shelf hold the tax already?", proposal=proposal, more=_MORE["prices"]
        )

    def header() -> None:
        now = heard.now("receipt_header")
        proposal = " | ".join(now) if now else str(heard.now("name") or "")

        def check(answer: str) -> None:
            with _fitting(heard, "store", "receipt_header"):
                heard.store["receipt_header"] = [line.strip() for line in answer.split("|") if line.strip()]

        to.ask(
            "What stands at the top of a receipt, lines with | between?", proposal, more=_MORE["header"], check=check
        )

    return [
        partial(text, "name", "What is the store called?", _MORE["name"], lambda: None),
        partial(text, "id", "What do programs call it?", _MORE["id"], lambda: id_of(str(heard.now("name") or ""))),
        partial(text, "timezone", "Its time zone?", _MORE["timezone"], lambda: here.timezone),
        partial(
            text, "locale", "The language and country of its receipts?", _MORE["locale"], lambda: here.locale or "en"
        ),
        partial(text, "currency", "Its currency?", _MORE["currency"], lambda: here.currency),
        prices,
        partial(_tax, to, heard),
        partial(_tills, to, heard),
        header,
    ]


def _tax(to: Dialogue, heard: Heard) -> None:
    there = tax_of(heard.raw) | heard.tax

    def check(answer: str) -> None:
        rate = answer.removesuffix("%").strip()
        with _fitting(heard, "tax"):
            heard.store.pop("default_tax", None)
            heard.tax = {} if rate == _NONE else {"code": there.get("code", TAX), "rate": rate}
            if heard.tax and not there.get("code"):
                heard.store["default_tax"] = TAX

    to.ask("The usual tax, in per cent?", str(there.get("rate", _NONE)), more=_MORE["tax"], check=check)
    if not heard.tax:
        return
    rate, known = heard.tax["rate"], str(there.get("name", ""))
    proposal = known.replace(str(there.get("rate")), rate) if known else f"VAT {rate}%"

    def named(answer: str) -> None:
        with _fitting(heard, "tax"):
            heard.tax["name"] = answer

    to.ask(
        "What does the receipt call it?", proposal, more="The words beside the amount: VAT 19%, MwSt 19 %.", check=named
    )


def _tills(to: Dialogue, heard: Heard) -> None:
    there = [] if heard.anew else [till["id"] for till in heard.raw.get("till", [])]

    def check(answer: str) -> None:
        ids = answer.replace(",", " ").split()
        gone = [till for till in there if till not in ids]
        if gone:
            raise NotTaken(f"{gone[0]} is there already: a till is taken out by hand, in stillopen.toml")
        with _fitting(heard, "till"):
            heard.tills = ids

    to.ask("Which tills does this PC ring for?", " ".join(heard.till_ids()), more=_MORE["tills"], check=check)


def _device(to: Dialogue, heard: Heard, found: Mapping[str, Any]) -> None:
    place = found["device"]
    heard.devices.pop(place, None)
    taken = [*names_in(heard.raw), *(section["name"] for _, section in heard.devices.values())]
    may_be = sections_for(found, taken)
    to.say(f"\n{found['what']} at {place}: {found['why']}.")
    if found["held_by"]:
        to.say(f"  It is held by {', '.join(found['held_by'])}: close that first.")
    if not found["lasting"]:
        to.say("  Its name holds for the socket it is plugged into: leave it there.")
    if len(may_be) == 1:
        role, section = may_be[0]
        if to.agrees(f"Use it as {_ROLES[role]}, {section['name']}?", more=found["next"] or ""):
            heard.devices[place] = (role, section)
    else:
        sections = dict(may_be)
        role = to.chooses(
            "What hangs on it?",
            (*sections, _LEAVE),
            proposal=_LEAVE,
            more=found["next"] or "A plug says nothing of it.",
        )
        if role != _LEAVE:
            heard.devices[place] = (role, sections[role])
    if heard.devices.get(place, ("", {}))[0] == "printer":
        _columns(to, heard, place)


def _network(to: Dialogue, heard: Heard, plugged: Mapping[str, Any]) -> None:
    heard.devices.pop("network", None)
    for one in plugged["devices"]:
        if one["configured_as"] is None and one["kind"] == "scanner" and not one["configuration"]:
            to.say(f"\n{one['what']} at {one['device']} is left out: {one['why']}. {one['next']}")
            for way in one["switches"]:
                to.say(f"  In its manual: chapter {way['chapter']!r}, the barcode {way['heading']!r}.")
    for one in plugged["unseen"]:
        to.say(f"\nDevices by {one['way']} could not be looked for: {one['error']}. {one['hint']}")

    def check(answer: str) -> None:
        heard.devices.pop("network", None)
        if answer in {_NONE, ""}:
            return
        port = answer if "://" in answer else f"tcp://{answer}" if ":" in answer else f"tcp://{answer}:9100"
        taken = [*names_in(heard.raw), *(section["name"] for _, section in heard.devices.values())]
        with _fitting(heard, "printer"):
            heard.devices["network"] = ("printer", {"name": free_name("receipt", taken), "port": port})

    to.ask("\nA receipt printer on the network? Its address:", _NONE, more=_MORE["network"], check=check)
    if "network" in heard.devices:
        _columns(to, heard, "network")


def _columns(to: Dialogue, heard: Heard, place: str) -> None:
    def check(answer: str) -> None:
        if not answer.isdecimal():
            raise NotTaken("a whole number, such as 48, 42 or 32")
        with _fitting(heard, "printer"):
            heard.devices[place][1]["columns"] = int(answer)

    to.ask("How many characters fit on its line?", str(_USUAL_COLUMNS), more=_MORE["columns"], check=check)


def _drawer(to: Dialogue, heard: Heard) -> None:
    heard.devices.pop("drawer", None)
    printers = [section["name"] for role, section in heard.devices.values() if role == "printer"]
    printers += [one["name"] for one in heard.raw.get("printer", [])]
    has_one = heard.raw.get("drawer") or any(role == "drawer" for role, _ in heard.devices.values())
    if not printers or has_one:
        return
    if to.agrees(f"\nIs a cash drawer plugged into the printer {printers[0]}?", more=_MORE["drawer"]):
        name = free_name("drawer", names_in(heard.raw))
        heard.devices["drawer"] = ("drawer", {"name": name, "printer": printers[0]})


@contextmanager
def _fitting(heard: Heard, *loc: str) -> Iterator[None]:
    """Put an answer in; one that does not fit at its place is taken out again. Raises `NotTaken`."""
    kept = deepcopy((heard.store, heard.tills, heard.tax, heard.devices))
    yield
    wrong = heard.wrong_at(*loc)
    if wrong is not None:
        heard.store, heard.tills, heard.tax, heard.devices = kept
        raise NotTaken(wrong)


_MORE = {
    "name": "It stands at the head of the till page, and on receipts.",
    "id": "Records and clouds carry it, so choose it before the first sale: it cannot be changed after that.",
    "timezone": "A name of the IANA time zone database: the business day and the receipts go by it.",
    "locale": "Like de_DE or en_GB: the words of receipts, and how they write money and dates.",
    "currency": "Three capital letters of ISO 4217. It cannot be changed after the first sale.",
    "prices": "If not, the tax is added on top at the till, as in the United States.",
    "tax": "What items have that name no tax of their own; more taxes are [[tax]] sections. none: there is no tax.",
    "tills": "Ids with spaces between, up to 12 letters, digits or dashes: receipt numbers begin with them.",
    "header": "The store's name and address, as the law of the country wants them. No more than 30 lines.",
    "network": "Its name or address, like 192.168.1.50; most listen at port 9100. It prints it when it is started with "
    "its feed button held.",
    "columns": "48 or 42 on paper of 80 mm, 32 on 58 mm. The test receipt shows it: lines that break are too long.",
    "drawer": "Most drawers have no plug of their own for a PC: the printer opens them.",
}
