"""The units by which root does its part of an update on Linux, as text, for the Debian package.

Sources: systemd.path(5), systemd.exec(5), systemd.service(5).
"""

from __future__ import annotations

from agent.service.linux_files import UNIT
from agent.update.ledger import UNDER_WAY
from agent.update.machine import LINUX
from agent.update.request import FILE, FOLDER

PATH, SERVICE, BOOT = "stillopen-update.path", "stillopen-update.service", "stillopen-update-boot.service"
STATE = "/var/lib/stillopen"

# The version that was found well, since the one under trial may not even start.
_RUN = f"""\
/bin/sh -c 'for it in steady current; do it={LINUX.versions}/$$it/stillopen.py; \
[ -e "$$it" ] && exec /usr/bin/python3 -I "$$it" update "$$0"; done' """

# It writes the versions and what is known of updates; it starts the trial as the service's user, and systemd's units.
_SANDBOX = f"""\
Environment=PYTHONUNBUFFERED=1 STILLOPEN_CONFIG=/etc/stillopen/stillopen.toml STILLOPEN_STATE={STATE}
StateDirectory=stillopen-update
StateDirectoryMode=0755
UMask=0022
ReadWritePaths={LINUX.versions} {STATE}
CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_SYS_NICE
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectClock=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
"""


def path() -> str:
    """Return the unit that sees what the agent asks for."""
    return f"""\
[Unit]
Description=Stillopen: an update is asked for

[Path]
PathExists={STATE}/{FOLDER}/{FILE}

[Install]
WantedBy=multi-user.target
"""


def service() -> str:
    """Return the unit that does it. Killed in mid-work, it is started again and puts right what was half done."""
    return f"""\
[Unit]
Description=Stillopen: an update, done as root
StartLimitIntervalSec=600
StartLimitBurst=10

[Service]
Type=oneshot
ExecStart={_RUN}work
Restart=on-failure
RestartSec=5
TimeoutStartSec=3h
Nice=10
IOSchedulingClass=idle
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
{_SANDBOX}"""


def boot() -> str:
    """Return the unit that looks, before the store opens, whether the power went in mid-update."""
    return f"""\
[Unit]
Description=Stillopen: the version before, after an update that was cut short
ConditionPathExists={LINUX.own}/{UNDER_WAY}
Before={UNIT}
RequiresMountsFor={LINUX.own} {LINUX.versions}

[Service]
Type=oneshot
ExecStart={_RUN}recover
TimeoutStartSec=60
RestrictAddressFamilies=AF_UNIX
{_SANDBOX}
[Install]
WantedBy=multi-user.target
"""


def all_of() -> dict[str, str]:
    """Return every unit by its name."""
    return {PATH: path(), SERVICE: service(), BOOT: boot()}
