"""What is found, what it is taken for, and the lines to write: over folders like Linux' and over Windows' calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from drivers.detect.found import Found, Kind, Sure, Way
from drivers.detect.judge import judge
from drivers.detect.lines import lines
from drivers.detect.look import Sources, look
from drivers.detect.switches import switches
from drivers.ports.url import parse_port_url
from drivers.simulated.hid_bus import HidBus
from tests.detect.linux_tree import Listed, Tree
from tests.drivers.ports.windows import FakeSpooler, Queue

if TYPE_CHECKING:
    from pathlib import Path

USBPRINT = r"\\?\usb#vid_{}&pid_{}{}#{}#{{28d78fad-5a12-11d1-ae5b-0000f803a8c2}}"


class Paths:
    """The device paths that SetupAPI gives."""

    def __init__(self, *paths: str) -> None:
        self._paths = list(paths)

    def paths(self) -> list[str]:
        return self._paths


class Hid:
    """hidapi's enumeration as given."""

    def __init__(self, *listed: dict[str, Any]) -> None:
        self._listed = listed

    def enumerate(self, _vendor: int = 0, _product: int = 0) -> list[dict[str, Any]]:
        return list(self._listed)

    def device(self) -> Any:
        raise AssertionError("a look opens nothing")


def hid(vendor: int, product: int, page: int, usage: int = 1, path: str = "a", **more: Any) -> dict[str, Any]:
    return {
        "vendor_id": vendor,
        "product_id": product,
        "usage_page": page,
        "usage": usage,
        "path": path.encode(),
    } | more


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def found(tree: Tree, *hids: dict[str, Any]) -> list[Found]:
    sight = look(Sources(list_ports=tree.list_ports, linux=tree.linux, hid=Hid(*hids), platform="linux"))
    assert sight.unseen == []
    return sight.found


def on_windows(**sources: Any) -> list[Found]:
    given: dict[str, Any] = {
        "list_ports": list,
        "hid": Hid(),
        "usbprint": Paths(),
        "spooler": FakeSpooler().spooler(),
    } | sources
    sight = look(Sources(platform="win32", **given))
    assert sight.unseen == []
    for one in sight.found:
        if one.port is not None:
            parse_port_url(one.port, platform="win32")
    return sight.found


def test_a_serial_device_is_named_by_its_serial_number(tree: Tree) -> None:
    tree.serial("ttyACM0", "0c2e:0b6a", serial="S1", location="1-2:1.0", by_id="usb-Honeywell_S1-if00", name="Voyager")
    (one,) = found(tree)
    assert one.port == f"serial://{tree.dev}/serial/by-id/usb-Honeywell_S1-if00?baud=9600"
    assert one.lasting
    guess = judge(one)
    assert (guess.kind, guess.sure) == (Kind.SCANNER, Sure.PROBABLE)
    assert guess.what == "Honeywell (Metrologic) Voyager"
    assert lines(one, guess) == ("[[scanner]]", 'name = "counter"', f'port = "{one.port}"')


def test_twins_without_serial_numbers_are_told_apart_by_their_sockets(tree: Tree) -> None:
    for at in (1, 2):
        tree.serial(f"ttyUSB{at}", "1a86:7523", location=f"1-{at}")
    one, other = found(tree)
    assert [one.port, other.port] == [f"serial://{tree.dev}/serial/by-path/pci-usb-1-{at}?baud=9600" for at in (1, 2)]
    assert not one.lasting
    assert judge(one).kind is Kind.ADAPTER
    assert lines(one, judge(one)).count(f'port = "{one.port}"') == 4


def test_twins_that_share_a_serial_number_have_none(tree: Tree) -> None:
    for at in (1, 2):
        tree.serial(f"ttyUSB{at}", "10c4:ea60", serial="0001", location=f"1-{at}", by_id=f"usb-CP2102_0001-{at}")
    assert [one.lasting for one in found(tree)] == [False, False]
    assert all("by-path" in str(one.port) for one in found(tree))


def test_the_ports_of_one_device_are_one(tree: Tree) -> None:
    for at in (0, 1):
        tree.serial(f"ttyUSB{at}", "0403:6011", serial="F1", location=f"1-1:1.{at}", by_id=f"usb-FTDI_F1-if0{at}")
    assert [one.lasting for one in found(tree)] == [True, True]


def test_a_port_on_the_board_and_one_that_nobody_knows(tree: Tree) -> None:
    tree.serial("ttyS0")
    tree.serial("ttyUSB0", "dead:beef", location="1-9")
    board, unknown = found(tree)
    assert (board.port, board.lasting, board.numbers) == (f"serial://{tree.dev}/ttyS0?baud=9600", True, None)
    assert judge(board).what == "a serial port"
    guess = judge(unknown)
    assert (guess.kind, guess.sure) == (Kind.UNKNOWN, Sure.UNKNOWN)
    assert "Scan something" in guess.next
    assert "[[printer]]" in lines(unknown, guess)


def test_a_scanner_nobody_knows_is_known_by_its_name(tree: Tree) -> None:
    tree.serial("ttyACM0", "dead:beef", location="1-9", name="2D Barcode Scanner")
    assert judge(found(tree)[0]).kind is Kind.SCANNER


def test_usb_printers_with_and_without_serial_numbers(tree: Tree) -> None:
    tree.usb_printer("1-1", "04b8:0e15", serial="A/1", lp=0)
    tree.usb_printer("1-2", "0519:0003", lp=1)
    tree.usb_printer("1-3", "0fe6:811e", lp=2)
    tree.usb_printer("1-4", "0fe6:811e", lp=3)
    tree.usb_printer("1-5", "1504:0006", protocol=3)  # packets: nothing that can be printed on
    ports = [one.port for one in found(tree)]
    assert ports == [
        "usb://04b8:0e15/A%2F1",
        "usb://0519:0003",
        f"file://{tree.dev}/usb/lp2",
        f"file://{tree.dev}/usb/lp3",
    ]
    epson = found(tree)[0]
    assert epson.also == (f"file://{tree.dev}/usb/lp0",)
    assert parse_port_url(str(epson.port)).serial_number == "A/1"
    guess = judge(epson)
    assert (guess.kind, guess.sure, guess.what) == (Kind.PRINTER, Sure.CERTAIN, "TM-T20II")


def test_printers_alike_with_no_device_file_cannot_be_named(tree: Tree) -> None:
    for place in ("1-1", "1-2"):
        tree.usb_printer(place, "0fe6:811e")
    assert [one.port for one in found(tree)] == [None, None]
    assert lines(found(tree)[0], judge(found(tree)[0])) == ()


def test_what_types_is_a_scanner_by_its_maker_or_its_name(tree: Tree) -> None:
    tree.keyboard("event1", "Honeywell 1900", "0c2e:0901", by_id="usb-Honeywell_S7", uniq="S7")
    tree.keyboard("event2", "USB Keyboard", "046d:c31c", by_id="usb-Logitech")
    tree.keyboard("event3", "WIT Barcode Reader", "dead:beef", by_path="pci-usb-3")
    tree.keyboard("event4", "AT keyboard", "0000:0001", by_path="platform-i8042")
    wedge, keyboard, nameless = found(tree)
    assert wedge.port == f"evdev://{tree.dev}/input/by-id/usb-Honeywell_S7-event-kbd"
    assert wedge.lasting
    assert judge(wedge).kind is Kind.SCANNER
    assert "HID-POS" in judge(wedge).next
    assert {one.heading for one in switches(wedge)} == {"USB Serial", "USB HID"}
    assert switches(keyboard) == switches(nameless) == ()
    assert judge(keyboard).kind is Kind.KEYBOARD
    assert lines(keyboard, judge(keyboard)) == ()
    assert (judge(nameless).kind, nameless.lasting) == (Kind.SCANNER, False)


def test_of_two_that_type_and_share_a_name_each_is_named_by_its_socket(tree: Tree) -> None:
    tree.keyboard("event1", "Wedge", "05e0:1200", by_path="pci-usb-1")
    tree.keyboard("event2", "Wedge", "05e0:1200", by_id="usb-Wedge", by_path="pci-usb-2")
    tree.keyboard("event3", "Wedge", "05e0:1200", by_id="usb-Wedge_S7", by_path="pci-usb-3", uniq="S7")
    ports = {one.place: (one.port, one.lasting) for one in found(tree)}
    assert ports == {
        f"{tree.dev}/input/event1": (f"evdev://{tree.dev}/input/by-path/pci-usb-1-event-kbd", False),
        f"{tree.dev}/input/event2": (f"evdev://{tree.dev}/input/by-path/pci-usb-2-event-kbd", False),
        f"{tree.dev}/input/event3": (f"evdev://{tree.dev}/input/by-id/usb-Wedge_S7-event-kbd", True),
    }


def test_hid_devices_by_their_pages(tree: Tree) -> None:
    listed = (
        hid(0x05E0, 0x1300, 0x8C, path="pos", product_string="DS2208", serial_number="Z1"),
        hid(0x0D3A, 0x0207, 0xFFA0, path="drawer"),
        hid(0x0EB8, 0xF000, 0x8D, path="scale"),
        hid(0x0801, 0x0002, 0xFF00, path="card"),
        hid(0x1234, 0x5678, 0x8E, path="msr"),
        hid(0xDEAD, 0xBEEF, 0xFF12, path="own"),
        hid(0x05F9, 0x2204, 0xFF45, path="ibm"),
        hid(0x046D, 0xC08B, 0x01, usage=2, path="mouse"),  # and its lights:
        hid(0x046D, 0xC08B, 0xFF43, path="lights"),
    )
    seen = {one.place: one for one in found(tree, *listed)}
    kinds = {place: judge(one).kind for place, one in seen.items()}
    assert kinds == {
        "pos": Kind.SCANNER,
        "drawer": Kind.DRAWER,
        "scale": Kind.SCALE,
        "card": Kind.CARD_READER,
        "msr": Kind.CARD_READER,
        "own": Kind.UNKNOWN,
        "ibm": Kind.SCANNER,
    }
    assert seen["pos"].port == "hid://05e0:1300/Z1"
    assert switches(seen["pos"]) == ()
    assert [one.mode for one in switches(seen["ibm"])] == ["usb_com"]
    assert lines(seen["drawer"], judge(seen["drawer"]))[0] == "[[drawer]]"
    for nothing in ("card", "msr", "scale", "own"):
        assert lines(seen[nothing], judge(seen[nothing])) == ()


def test_hid_parts_and_twins(tree: Tree) -> None:
    parts = [hid(0x05E0, 0x1300, page, path=str(page)) for page in (0x8C, 0xFF45)]
    assert [one.port for one in found(tree, *parts)] == ["hid://05e0:1300?page=8c", "hid://05e0:1300?page=ff45"]
    twins = [hid(0x05E0, 0x1300, 0x8C, path=str(at)) for at in (1, 2)]
    assert {one.port for one in found(tree, *twins)} == {None}
    named = [hid(0x05E0, 0x1300, 0x8C, path=str(at), serial_number=f"Z{at}") for at in (1, 2)]
    assert [one.port for one in found(tree, *named)] == ["hid://05e0:1300/Z1", "hid://05e0:1300/Z2"]


async def test_a_device_on_the_simulated_bus_is_found_and_not_opened(tree: Tree) -> None:
    class Silent:
        async def serve(self, port: Any) -> None:
            raise AssertionError(await port.read())  # a byte came: from a look

    bus = HidBus()
    bus.add("drawer", Silent())
    sight = look(Sources(list_ports=tree.list_ports, linux=tree.linux, hid=bus))
    assert [one.port for one in sight.found] == ["hid://0d3a:0207"]
    assert bus.open_devices == 0
    bus.unplug("drawer")
    assert look(Sources(list_ports=tree.list_ports, linux=tree.linux, hid=bus)).found == []
    await bus.close()


def test_windows_names_ports_by_the_device_where_it_has_a_number() -> None:
    ports = [
        Listed("COM3", "Honeywell Voyager (COM3)", 0x0C2E, 0x0B6A, "S1", "1-2"),
        Listed("COM4", "USB-SERIAL CH340 (COM4)", 0x1A86, 0x7523, None, "1-3"),
        Listed("COM1", "Communications Port (COM1)"),
    ]
    board, scanner, adapter = on_windows(list_ports=lambda: ports)
    assert (scanner.port, scanner.also) == ("serial://0c2e:0b6a/S1?baud=9600", ("serial://COM3?baud=9600",))
    assert (adapter.port, adapter.lasting) == ("serial://COM4?baud=9600", False)
    assert (board.port, board.lasting) == ("serial://COM1?baud=9600", True)


def test_windows_printers_by_its_own_driver_and_by_queues() -> None:
    paths = Paths(
        USBPRINT.format("04b8", "0e15", "", "A1"), USBPRINT.format("0519", "0003", "", "6&1a2b&0&1"), r"\\?\lptenum#x"
    )
    queues = FakeSpooler(**{"EPSON TM-T20II Receipt": Queue(), "Microsoft Print to PDF": Queue(), "Fax": Queue()})
    epson, star, queue = on_windows(usbprint=paths, spooler=queues.spooler())
    assert (epson.port, star.port) == ("usb://04b8:0e15/A1", "usb://0519:0003")
    assert queue.port == "spool://EPSON%20TM-T20II%20Receipt"
    assert "nobody learns" in judge(queue).next


def test_windows_keyboards_come_from_hidapi_and_cannot_be_opened() -> None:
    (one,) = on_windows(hid=Hid(hid(0x0C2E, 0x0901, 0x01, usage=6, product_string="1900")))
    assert (one.way, one.port) == (Way.KEYBOARD, None)
    assert judge(one).kind is Kind.SCANNER


def test_what_cannot_be_looked_for_is_said_and_hides_nothing_else(tree: Tree) -> None:
    def broken() -> list[Any]:
        raise OSError("the registry is locked")

    tree.usb_printer("1-1", "04b8:0e15")
    sight = look(Sources(list_ports=broken, linux=tree.linux, hid=Hid()))
    assert [one.way for one in sight.unseen] == [Way.SERIAL]
    assert sight.unseen[0].hint
    assert len(sight.found) == 1


def test_no_windows_no_queues() -> None:
    sight = look(Sources(list_ports=list, hid=Hid(), platform="win32"))
    assert {one.way for one in sight.unseen} == {Way.USB_PRINTER, Way.QUEUE}
