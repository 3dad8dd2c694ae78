"""A scene: every command by /usr/bin/stillopen, on the store that sells."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tests.installed.store import CONFIG, Broken, say
from tests.packages import every_command

if TYPE_CHECKING:
    from tests.installed.store import Store

FOLDER = "/srv/commands"
PLACES = {"folder": FOLDER, "config": CONFIG}


def commands(store: Store) -> None:
    """Type each of them: its help, and the lines of the table that tests/packages tries too."""
    cloud(store)
    store.sell()
    store.sh(f"mkdir -p {FOLDER}; cat > {FOLDER}/items.csv <<'E'\n{every_command.ITEMS}E")
    store.sh(f"printf 'sku,name,price\\nTEA,Tea,dear\\n' > {FOLDER}/wrong.csv; echo '[store]' > {FOLDER}/wrong.toml")
    store.sh(f"sed 's/Our Store/Other/' {CONFIG} > {FOLDER}/other.toml; chmod a+rx {FOLDER}; chmod a+r {FOLDER}/*")
    names = every_command.leaves()
    lines = [
        *(line for line in every_command.asked_for_help(names) if line.code == every_command.OK),
        *every_command.WHILE_IT_SELLS,
        *every_command.OF_A_SERVICE,
        *every_command.WRONGLY_SET_UP,
    ]
    wrong = [told for told in (_typed(store, line) for line in lines) if told is not None]
    if wrong:
        raise Broken("\n".join(wrong))
    say(f"commands: {len(names)} commands, {len(lines)} lines typed, each exited as it should")


def cloud(store: Store) -> None:
    """Have a cloud that cannot be reached: what is sold from now on waits for it."""
    if 'name = "books"' in store.sh(f"cat {CONFIG}"):
        return
    secret = "/etc/stillopen/secret"
    store.sh(f"cat >> {CONFIG} <<'E'\n{every_command.BOOKS.format(secret=secret)}E")
    store.sh(f"echo {every_command.SECRET} > {secret}; chgrp stillopen {secret}; chmod 640 {secret}")
    store.restart()


def _typed(store: Store, line: every_command.Line) -> str | None:
    """Type it as the store's owner would, and return what is wrong with how it ended."""
    typed = shlex.join(["stillopen", *every_command.words(line, PLACES)])
    done = store.guest.sh(f"cd {FOLDER}; {typed} < /dev/null 2>&1", timeout=900)
    if done.rc == line.code and line.says in done.out:
        return None
    return f"`{typed}` exits {done.rc}, and should {line.code} with {line.says!r}:\n{done.out}"
