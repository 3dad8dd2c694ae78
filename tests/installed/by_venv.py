"""A scene: no package but a plain environment in /opt, made a service by its own command, and taken away by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.installed.commands import cloud
from tests.installed.store import CONFIG, STATE, WAIT_S, Broken, say

if TYPE_CHECKING:
    from tests.installed.store import Store

HOME = "/opt/stillopen"
OURS = f"{HOME}/bin/stillopen"
# An environment as pip leaves it, of the package's own files: the guest has no network to fetch wheels from.
MAKE = """\
set -e
rm -rf /srv/tree {home}; dpkg -x /srv/{deb} /srv/tree
python3 -m venv --without-pip {home}
cp -a /srv/tree/usr/lib/stillopen/package/common/. /srv/tree/usr/lib/stillopen/package/cp311/. \
{home}/lib/python3.11/site-packages
printf '#!{home}/bin/python\\nimport sys\\nfrom agent.cli import main\\nsys.exit(main())\\n' > {ours}
chmod 755 {ours}; ln -s {ours} /usr/local/bin/stillopen; rm -r /srv/tree
"""
FILES = (
    "/etc/systemd/system/stillopen.service",
    "/etc/sysusers.d/stillopen.conf",
    "/etc/modules-load.d/stillopen.conf",
    "/etc/udev/rules.d/60-stillopen.rules",
)


def by_venv(store: Store) -> None:
    """Install the service from an environment, start the PC anew, be refused while records wait, and take it away."""
    store.sh("! dpkg -s stillopen > /dev/null 2>&1 || dpkg --purge stillopen")
    store.told.clear()  # purged with the rest
    store.guest.put(store.debs[0], "/srv/")
    store.sh(MAKE.format(home=HOME, ours=OURS, deb=store.debs[0].name))
    store.sh(f"{OURS} service install")
    store.runs()
    store.sell(2)
    store.guest.reboot(timeout=WAIT_S)
    store.runs()
    store.sell()
    store.sh(f"{OURS} service status")
    sold = store.all_there()
    cloud(store)
    store.sell()
    refused = store.sh(f"{OURS} service uninstall", fails=True)
    if "records wait that no cloud has yet" not in refused:
        raise Broken(f"removal was refused, but not for what waits:\n{refused}")
    store.runs()
    store.sh(f"{OURS} service uninstall --export /srv/of-venv.jsonl && grep -q {store.told[-1]} /srv/of-venv.jsonl")
    store.sh(f"for it in {' '.join(FILES)}; do ! test -e $it; done; test -e {STATE}/journal.db && test -e {CONFIG}")
    if store.show("LoadState") != "not-found":
        raise Broken(f"systemd still knows the service: {store.show('LoadState')}")
    store.all_there()
    store.sh(f"rm -r {HOME} /usr/local/bin/stillopen /etc/stillopen {STATE}; userdel stillopen")
    store.told.clear()
    say(
        f"by_venv: a service from an environment in /opt, {sold} sales there after a restart of the PC; refused while "
        "a record waited, taken away with it in a file, configuration and records left"
    )
