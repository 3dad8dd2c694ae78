"""A scene: secrets of clouds that systemd alone hands to the service, and what is signed with them."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from tests.installed.store import CONFIG, Broken, say

if TYPE_CHECKING:
    from tests.installed.store import Store

FOLDER = "/etc/stillopen/credentials"
ENCRYPTED = "/etc/stillopen/credentials.encrypted"
DROP_IN = "/etc/systemd/system/stillopen.service.d/secret.conf"
SECRET_FILE = "/srv/dropped"
TAKEN, PID = "/run/cloud-took", "/run/cloud.pid"
# Each cloud by the name of its credential, as systemd has it in /run/credentials/stillopen.service.
CLOUDS = {"plain": "plain_PLAIN", "dropped": "dropped-in", "sealed": "stillopen_SEALED"}
CLOUD = """
[[cloud]]
name = "{name}"
kind = "webhook"
url = "http://127.0.0.1:8099/{name}"
secret = {{ file = "/run/credentials/stillopen.service/{credential}" }}
"""


def credentials(store: Store) -> None:
    """Sign with a secret of root's folder, of a drop-in, and of one that only this PC can read; then take all back."""
    secrets = {name: _secret(name) for name in CLOUDS}
    _lay(store, secrets)
    store.put(Path(__file__).parent / "guest_cloud.py", "cloud.py")
    given = " ".join(f"{name}={secret}" for name, secret in secrets.items())
    store.sh(f"nohup python3 /srv/cloud.py {TAKEN} {given} > /run/cloud 2>&1 & echo $! > {PID}")
    clouds = "".join(CLOUD.format(name=name, credential=credential) for name, credential in CLOUDS.items())
    store.sh(f"cp -p {CONFIG} /srv/before.toml; cat >> {CONFIG} <<'E'\n{clouds}E\nsystemctl daemon-reload")
    store.restart()
    store.sell()
    wanted = {f"{name} {store.told[-1]}" for name in CLOUDS}
    store.until(
        lambda: wanted <= set(store.sh(f"cat {TAKEN} 2>/dev/null || true").splitlines()),
        f"{sorted(wanted)}, each signed with its own secret",
    )
    seen = store.sh("runuser -u nobody -- cat /run/credentials/stillopen.service/* 2>&1 || true")
    if any(secret in seen for secret in secrets.values()):
        raise Broken("another user of this PC can read the secrets of the service")
    store.sh(f"rm -r {FOLDER}/PLAIN {ENCRYPTED}/SEALED {Path(DROP_IN).parent}; cat /srv/before.toml > {CONFIG}")
    store.sh(f"kill $(cat {PID}); systemctl daemon-reload")
    store.restart()
    say(
        f"credentials: {store.told[-1]} was signed with a file of root's, one of a drop-in and one that this PC alone "
        "can read, and taken; nobody else could read them"
    )


def _lay(store: Store, secrets: dict[str, str]) -> None:
    """Lay them where an administrator would, as packaging/README.md says."""
    store.sh(f"umask 077; echo {secrets['plain']} > {FOLDER}/PLAIN; echo {secrets['dropped']} > {SECRET_FILE}")
    store.sh(
        f"mkdir -p {Path(DROP_IN).parent}; printf '[Service]\\nLoadCredential=dropped-in:{SECRET_FILE}\\n' > {DROP_IN}"
    )
    sealed = f"{ENCRYPTED}/SEALED"
    store.sh(f"printf %s {secrets['sealed']} | systemd-creds encrypt --name=stillopen_SEALED - {sealed}")
    if secrets["sealed"] in store.sh(f"cat {sealed}"):
        raise Broken("what systemd-creds has encrypted can be read")


def _secret(name: str) -> str:
    return "whsec_" + base64.b64encode(hashlib.sha256(name.encode()).digest()).decode()
