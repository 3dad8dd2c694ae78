"""Our structures, flags and codes of Windows against mingw-w64's headers: compiled, not run."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from drivers.ports import spool_api, usbprint_api, win32
from drivers.ports.spool_state import WORK_OFFLINE, JobFlag, QueueFlag

if TYPE_CHECKING:
    from pathlib import Path

COMPILER = shutil.which("x86_64-w64-mingw32-gcc")
HEADERS = ("windows.h", "winspool.h", "setupapi.h", "winioctl.h", "initguid.h", "usbprint.h", "stddef.h")
STRUCTURES: dict[str, type[ctypes.Structure]] = {
    "PRINTER_DEFAULTSW": spool_api.PrinterDefaults,
    "DOC_INFO_1W": spool_api.DocInfo1,
    "PRINTER_INFO_2W": spool_api.PrinterInfo2,
    "PRINTER_INFO_4W": spool_api.PrinterInfo4,
    "JOB_INFO_1W": spool_api.JobInfo1,
    "GUID": usbprint_api.Guid,
    "SP_DEVICE_INTERFACE_DATA": usbprint_api.SpDeviceInterfaceData,
    "SP_DEVICE_INTERFACE_DETAIL_DATA_W": usbprint_api.SpDeviceInterfaceDetailData,
    "OVERLAPPED": usbprint_api.Overlapped,
}
NOT_IN_MINGW = {JobFlag.RETAINED}
CONSTANTS = {
    **{f"PRINTER_STATUS_{flag.name}": int(flag) for flag in QueueFlag},
    **{f"JOB_STATUS_{flag.name}": int(flag) for flag in JobFlag if flag not in NOT_IN_MINGW},
    **{name: value for name, value in vars(win32).items() if name.startswith("ERROR_")},
    "PRINTER_ATTRIBUTE_WORK_OFFLINE": WORK_OFFLINE,
    "PRINTER_ACCESS_USE": spool_api._PRINTER_ACCESS_USE,
    "PRINTER_ENUM_LOCAL": spool_api._PRINTER_ENUM_LOCAL,
    "PRINTER_ENUM_CONNECTIONS": spool_api._PRINTER_ENUM_CONNECTIONS,
    "JOB_CONTROL_DELETE": spool_api._JOB_CONTROL_DELETE,
    "IOCTL_USBPRINT_GET_LPT_STATUS": usbprint_api.IOCTL_USBPRINT_GET_LPT_STATUS,
    "IOCTL_USBPRINT_GET_1284_ID": usbprint_api.IOCTL_USBPRINT_GET_1284_ID,
    "DIGCF_PRESENT": usbprint_api._DIGCF_PRESENT,
    "DIGCF_DEVICEINTERFACE": usbprint_api._DIGCF_DEVICEINTERFACE,
    "GENERIC_READ": usbprint_api._GENERIC_READ,
    "GENERIC_WRITE": usbprint_api._GENERIC_WRITE,
    "OPEN_EXISTING": usbprint_api._OPEN_EXISTING,
    "FILE_FLAG_OVERLAPPED": usbprint_api._FILE_FLAG_OVERLAPPED,
    "WAIT_OBJECT_0": usbprint_api._WAIT_OBJECT_0,
    "INFINITE": usbprint_api._INFINITE,
    "ERROR_INVALID_PRINTER_NAME": 1801,
    "ERROR_PRINTER_DELETED": 1905,
    "ERROR_INVALID_DATATYPE": 1804,
    "RPC_S_UNKNOWN_IF": 1717,
    "RPC_S_SERVER_UNAVAILABLE": 1722,
    "RPC_S_CALL_FAILED": 1726,
    "EPT_S_NOT_REGISTERED": 1753,
    "ERROR_DEVICE_NOT_CONNECTED": 1167,
    "ERROR_DEVICE_REMOVED": 1617,
    "ERROR_INVALID_HANDLE": 6,
    "ERROR_DEV_NOT_EXIST": 55,
    "ERROR_INVALID_FUNCTION": 1,
    "ERROR_NOT_SUPPORTED": 50,
}


@pytest.mark.skipif(COMPILER is None, reason="needs gcc-mingw-w64-x86-64")
@pytest.mark.skipif(ctypes.sizeof(ctypes.c_void_p) != 8, reason="the headers are those of 64-bit Windows")
def test_structures_and_constants_are_those_of_the_headers(tmp_path: Path) -> None:
    lines = [f"#include <{header}>" for header in HEADERS]

    def same(c: str, ours: int) -> None:
        lines.append(f'_Static_assert({c} == {ours}, "{c} is not {ours}");')

    for name, structure in STRUCTURES.items():
        same(f"sizeof({name})", ctypes.sizeof(structure))
        for field, *_ in structure._fields_:
            same(f"offsetof({name}, {field})", getattr(structure, field).offset)
            same(f"sizeof((({name} *)0)->{field})", getattr(structure, field).size)
    for name, value in CONSTANTS.items():
        same(f"(unsigned long long)({name})", value)
    first, second, third, rest = usbprint_api.USBPRINT_GUID
    lines.append(
        f"const GUID ours = {{{first}, {second}, {third}, {{{', '.join(map(str, rest))}}}}};"
        "int same(void) { return !memcmp(&ours, &GUID_DEVINTERFACE_USBPRINT, sizeof ours); }"
    )
    source = tmp_path / "headers.c"
    source.write_text("\n".join(lines), encoding="ascii")
    assert COMPILER is not None
    done = subprocess.run(
        [COMPILER, "-std=gnu11", "-O2", "-Wall", "-S", "-o", "-", str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # The compiler knows both GUIDs: what is left of `same` is the answer, and it has to be yes.
    body = done.stdout.split("\nsame:", 1)[1].split("ret", 1)[0]
    assert "$1, %eax" in body, body
