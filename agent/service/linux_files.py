"""The files that make the agent a service of systemd, as text: one source for the Debian package and `service install`.

Sources: systemd.exec(5), systemd.resource-control(5), sysusers.d(5), modules-load.d(5), udev(7). What each line of the
sandbox costs and keeps was measured with serial, USB and HID devices on Debian 12.
"""

from __future__ import annotations

from drivers.detect.found import Kind
from drivers.detect.known import PRODUCTS, VENDORS

USER = "stillopen"
UNIT = "stillopen.service"
GROUPS = ("dialout", "lp", "input")  # of serial ports, printers and scanners that type
DRIVERS = ("cdc_acm", "usbserial", "usblp", "hid", "evdev", "rfcomm")
# The kernel's names of serial ports: of a PC, of adapters, of scanners, of boards (PL011, i.MX), of Bluetooth.
SERIAL_CLASSES = ("ttyS", "ttyUSB", "ttyACM", "ttyAMA", "ttymxc", "rfcomm")
RESTART_S = (
    5  # a configuration that is wrong costs a start's second of work as often; a till that crashed waits as long
)

_UNIT = """\
# Written by Stillopen; changes belong into `systemctl edit stillopen`, which an update leaves as they are.
[Unit]
Description=Stillopen: keeps the store selling
Documentation=file:///usr/share/doc/stillopen/README.md
# A device whose driver is loaded later than this service would stay closed to it until a restart.
After=systemd-modules-load.service
# Selling needs no network: nothing here waits for one.
# It is tried for as long as it takes: what is mended, a file or a disk, is found within seconds, by nobody's command.
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
ExecStart={command} run
Environment=PYTHONUNBUFFERED=1
User={user}
SupplementaryGroups={groups}
Restart=always
RestartSec={restart_s}
# A large journal that a newer version brings up to date takes minutes, once.
TimeoutStartSec=600
TimeoutStopSec=30
WatchdogSec=30
ConfigurationDirectory=stillopen
ConfigurationDirectoryMode=0750
StateDirectory=stillopen
StateDirectoryMode=0700
UMask=0077
# Secrets for clouds, each a file: plain ones, or made by `systemd-creds encrypt --name=stillopen_NAME - NAME`. In
# stillopen.toml they are {{ file = "/run/credentials/stillopen.service/plain_NAME" }}, and stillopen_NAME for the
# others: of two lines with the same word before the colon systemd goes by the later alone.
LoadCredential=plain:/etc/stillopen/credentials
LoadCredentialEncrypted=stillopen:/etc/stillopen/credentials.encrypted
# Devices: these classes and no other. Of one more: `systemctl edit stillopen`, [Service], DeviceAllow=char-NAME rw.
DevicePolicy=closed
{serial}
DeviceAllow=char-usb rw
DeviceAllow=char-usb_device rw
DeviceAllow=char-hidraw rw
DeviceAllow=char-input r
CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateUsers=yes
PrivateMounts=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectClock=yes
ProtectProc=invisible
ProcSubset=pid
MemoryDenyWriteExecute=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
# AF_NETLINK: how plugging in is heard, and how libusb finds devices.
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""


def unit(command: str, *, user: str = USER) -> str:
    """Return the unit. `command` starts the program, as ExecStart takes it."""
    serial = "\n".join(f"DeviceAllow=char-{name} rw" for name in SERIAL_CLASSES)
    return _UNIT.format(command=command, user=user, groups=" ".join(GROUPS), serial=serial, restart_s=RESTART_S)


def system_user(home: str = "/var/lib/stillopen") -> str:
    """Return the sysusers.d lines that make the service's user."""
    return f'u {USER} - "Stillopen, the store\'s agent" {home}\n'


def modules() -> str:
    """Return the modules-load.d lines: drivers that have to be there before the service looks which classes exist."""
    return "# Drivers of scanners and printers: loaded before stillopen.service.\n" + "".join(
        f"{name}\n" for name in DRIVERS
    )


def device_rules() -> str:
    """Return the udev rules: the counter's devices, by maker, for the service's groups; never all of a class."""
    lines = [
        "# Stillopen's devices. Serial ports are the group dialout's, and printers of the printer class lp's, by the",
        "# system's own rules; these are the others. Readers of bank cards are not opened, and not here.",
    ]
    for (vendor, product), what in sorted(_numbered().items(), key=lambda one: (one[0][0], one[0][1] or 0)):
        own = f'ATTR{{idVendor}}=="{vendor:04x}"' + (f', ATTR{{idProduct}}=="{product:04x}"' if product else "")
        lines.append(f"# {what}")
        lines.append(f'SUBSYSTEM=="usb", ENV{{DEVTYPE}}=="usb_device", {own}, GROUP="lp", MODE="0660"')
        lines.append(f'SUBSYSTEM=="hidraw", {own.replace("ATTR", "ATTRS")}, GROUP="lp", MODE="0660"')
    return "\n".join(lines) + "\n"


def _numbered() -> dict[tuple[int, int | None], str]:
    """Return by numbers what stands on a counter and is opened by them; adapters are serial ports and not needed."""
    ours = (Kind.SCANNER, Kind.PRINTER, Kind.DRAWER, Kind.SCALE)
    makers = {(vendor, None): known.what for vendor, known in VENDORS.items() if known.kind in ours}
    return makers | {numbers: known.what for numbers, known in PRODUCTS.items() if known.kind in ours}
