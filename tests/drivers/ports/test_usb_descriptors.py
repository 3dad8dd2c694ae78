"""Which interface of a device is a printer, and what IEEE 1284's two answers say."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.ports.ieee1284 import DeviceId, PortStatus, parse_device_id, parse_port_status
from drivers.ports.usb_descriptors import PrinterInterface, printer_interface


@dataclass
class At:
    bEndpointAddress: int  # noqa: N815 - the specification's name
    bmAttributes: int = 2  # noqa: N815 - likewise


@dataclass
class Face:
    bInterfaceProtocol: int  # noqa: N815 - the specification's name
    at: tuple[At, ...]
    bInterfaceNumber: int = 0  # noqa: N815 - likewise
    bAlternateSetting: int = 0  # noqa: N815 - likewise
    bInterfaceClass: int = 7  # noqa: N815 - likewise
    bInterfaceSubClass: int = 1  # noqa: N815 - likewise

    def endpoints(self) -> tuple[At, ...]:
        return self.at


BOTH = (At(0x81), At(0x01))


@pytest.mark.parametrize(
    ("faces", "expected"),
    [
        ((), None),
        ((Face(2, BOTH),), PrinterInterface(0, 0, 0x01, 0x81)),
        ((Face(2, (At(0x03), At(0x82))),), PrinterInterface(0, 0, 0x03, 0x82)),
        ((Face(1, BOTH),), PrinterInterface(0, 0, 0x01, None)),  # says that it never answers
        ((Face(2, (At(0x02),)),), PrinterInterface(0, 0, 0x02, None)),
        ((Face(1, BOTH), Face(2, BOTH, bAlternateSetting=1)), PrinterInterface(0, 1, 0x01, 0x81)),
        ((Face(1, BOTH), Face(1, BOTH, 1)), PrinterInterface(0, 0, 0x01, None)),
        ((Face(3, BOTH), Face(4, BOTH)), None),  # packets of IEEE 1284.4; IPP over USB
        ((Face(2, BOTH, bInterfaceClass=0xFF), Face(2, BOTH, 1)), PrinterInterface(1, 0, 0x01, 0x81)),
        ((Face(2, BOTH, bInterfaceSubClass=2),), None),
        ((Face(2, (At(0x81), At(0x01, 3))),), None),  # an interrupt endpoint is not where bytes go
    ],
)
def test_the_interface_that_prints_and_answers(faces: tuple[Face, ...], expected: PrinterInterface | None) -> None:
    assert printer_interface(faces) == expected


@pytest.mark.parametrize(
    ("byte", "status"),
    [
        (0x18, PortStatus(error=False, selected=True, paper_empty=False)),
        (0x30, PortStatus(error=True, selected=True, paper_empty=True)),
        (0x38, PortStatus(error=False, selected=True, paper_empty=True)),
        (0x08, PortStatus(error=False, selected=False, paper_empty=False)),
        (0xDF, PortStatus(error=False, selected=True, paper_empty=False)),  # the other bits say nothing
    ],
)
def test_the_port_status_byte(byte: int, status: PortStatus) -> None:
    assert parse_port_status(byte) == status


ID = b"MFG:EPSON;CMD:ESC/POS;MDL:TM-T20II;"
FIELDS = {"MFG": "EPSON", "CMD": "ESC/POS", "MDL": "TM-T20II"}


@pytest.mark.parametrize(
    "answer",
    [
        bytes((0, 2 + len(ID))) + ID,
        bytes((0, 2 + len(ID))) + ID + b"left over in the buffer",
        bytes((2 + len(ID), 0)) + ID,  # low byte first
        bytes((0, 2)) + ID,  # a length of nothing
        bytes((9, 9)) + ID,  # a length of anything
    ],
)
def test_a_device_id_whatever_its_length_says(answer: bytes) -> None:
    assert parse_device_id(answer) == DeviceId(ID.decode(), FIELDS)


def test_the_fields_of_a_device_id_have_short_names() -> None:
    text = b"MANUFACTURER:Star ; MODEL: TSP143 ;;SERN:2;command set:STAR;no colon;:no name;MDL:later"
    found = parse_device_id(bytes((0, 2 + len(text))) + text)
    assert found is not None
    assert found.fields == {"MFG": "Star", "MDL": "TSP143", "SN": "2", "CMD": "STAR"}


@pytest.mark.parametrize("answer", [b"", b"\0", b"\0\2", b"\0\5\0 \0", b"\0\4\r\n", bytes(300)])
def test_a_device_id_with_nothing_in_it_is_none(answer: bytes) -> None:
    assert parse_device_id(answer) is None


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60))
def test_any_answer_is_a_device_id_or_none(answer: bytes) -> None:
    found = parse_device_id(answer)
    assert found is None or found.text.strip()
