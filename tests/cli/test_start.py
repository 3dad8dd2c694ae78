"""What `stillopen run` does before it sells, and what it leaves for later."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from outbox.journal import FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
WAIT_S = 30.0  # for a process on a busy machine
NOT_NEEDED_TO_SELL = {
    # devices and pictures
    "PIL", "barcode", "biip", "escpos", "qrcode", "serial", "usb", "yaml", "zxingcpp",
    # clouds
    "certifi", "cryptography", "h2", "httpcore", "httpx", "idna",
    # pages and listeners
    "jinja2", "websockets",
    # for people at a keyboard
    "difflib", "platformdirs", "rich", "webbrowser",
    # newer versions
    "securesystemslib", "tuf", "urllib3",
    # tests
    "hypothesis", "pytest",
}  # fmt: skip
NOT_NEEDED_OF_OURS = {
    "agent.api.answers",
    "agent.api.bodies",
    "agent.api.docs_page",
    "agent.api.openapi",
    "agent.api.queries",
    "agent.demo",
    "agent.doctor",
    "agent.listener",
    # paper, which waits for a sale
    "agent.gift_receipt",
    "agent.outage.paper",
    "agent.receipt",
    "agent.shift.paper",
    # what comes minutes later, or when somebody asks
    "agent.plugged",
    "agent.update.ledger",
    "agent.update.release",
    "drivers.detect.look",
    "outbox.backup",
    "outbox.pull",
    # devices that this store does not have
    "drivers.drawer.port_opener",
    "drivers.printer.dialect_probe",
    "drivers.printer.queued",
    "drivers.scale.scale",
    "drivers.scanner.hid_pos",
    "drivers.scanner.wedge",
    "drivers.simulated",
}
OURS = ("agent", "drivers", "outbox")
OURS_MAX = 380  # modules; 368 as this was written, and each is about a millisecond of a till's start
SECRET = "whsec_c3RpbGxvcGVuLXRlc3RzLXNlY3JldC0wMDAx"
CONFIGURATION = """
[store]
id = "s"
name = "Shop"
currency = "EUR"
timezone = "Europe/Berlin"

[[till]]
id = "till-1"
scanner = "counter"
printer = "receipt"
drawer = "drawer"

[[scanner]]
name = "counter"
port = "tcp://127.0.0.1:9"

[[printer]]
name = "receipt"
port = "tcp://127.0.0.1:9"

[[drawer]]
name = "drawer"
printer = "receipt"

[[cloud]]
name = "hook"
kind = "webhook"
url = "http://127.0.0.1:9/records"
secret = { file = "secret.txt" }
"""
# Runs the command as it is; what is imported when it says that it sells is written out, and then it is told to end.
WATCHED = """
import io, json, os, signal, sys
from agent.cli import main

class Said(io.StringIO):
    def write(self, text):
        if "sells at" in text:
            print(json.dumps(sorted(sys.modules)), file=sys.__stdout__, flush=True)
            os.kill(os.getpid(), signal.SIGTERM)
        return super().write(text)

sys.stdout = Said()
sys.exit(main(sys.argv[1:]))
"""

# Likewise, and sells once what was left for later is done: says what the sale, its receipt and its drawer imported.
SOLD = """
import gc, io, json, os, pathlib, signal, sys, threading, time, urllib.request
from agent.cli import main

STATE, PAPER = pathlib.Path(sys.argv.pop(1)), pathlib.Path(sys.argv.pop(1))

def wait_for(true):
    while not true():
        time.sleep(0.005)

def post(url, path, body):
    token = (STATE / "api-token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url + path, json.dumps(body).encode(), headers)) as answer:
        return json.load(answer)

def sell(url):
    wait_for(gc.get_freeze_count)
    before = set(sys.modules)
    sale = post(url, "v1/sales", {"till": "till-1"})["id"]
    post(url, f"v1/sales/{sale}/lines", {"name": "Milk", "price": 119})
    post(url, f"v1/sales/{sale}/tenders", {"type": "cash", "amount": 200})
    post(url, f"v1/sales/{sale}/complete", {})
    wait_for(lambda: b"Milk" in PAPER.read_bytes())
    print(json.dumps(sorted(set(sys.modules) - before)), file=sys.__stdout__, flush=True)

class Said(io.StringIO):
    def write(self, text):
        if "sells at" in text:
            threading.Thread(target=run, args=(text.split("sells at ")[1].split()[0],)).start()
        return super().write(text)

def run(url):
    try:
        sell(url)
    finally:
        os.kill(os.getpid(), signal.SIGTERM)

sys.stdout = Said()
sys.exit(main(sys.argv[1:]))
"""


def run_arguments(folder: Path, port: int) -> list[str]:
    config = folder / "stillopen.toml"
    config.write_text(CONFIGURATION, encoding="utf-8")
    (folder / "secret.txt").write_text(SECRET, encoding="utf-8")
    return ["run", "--config", str(config), "--state", str(folder / "state"), "--port", str(port), "--log", "warning"]


@pytest.mark.skipif(sys.platform == "win32", reason="it is told to end by a signal")
def test_nothing_is_imported_before_it_sells_that_selling_does_not_need(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *run_arguments(tmp_path, 0)],
        cwd=ROOT, capture_output=True, text=True, timeout=WAIT_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    imported = set(json.loads(done.stdout))
    assert {"agent.app", "agent.server", "outbox.journal", "uvicorn"} <= imported, "it looked at the right moment"
    assert imported & NOT_NEEDED_TO_SELL == set()
    assert imported & NOT_NEEDED_OF_OURS == set()
    assert sum(name.partition(".")[0] in OURS for name in imported) <= OURS_MAX


@pytest.mark.skipif(sys.platform == "win32", reason="it is told to end by a signal")
def test_the_first_sale_waits_for_no_import(tmp_path: Path) -> None:
    arguments, paper = run_arguments(tmp_path, 0), tmp_path / "paper.bin"
    config = tmp_path / "stillopen.toml"
    written = config.read_text(encoding="utf-8")
    printer = 'name = "receipt"\nport = "tcp://127.0.0.1:9"'
    assert printer in written
    on_file = f'name = "receipt"\nport = "{paper.as_uri()}"\nfence = "none"'
    store, _, _ = written.replace(printer, on_file).partition("[[cloud]]")  # its task imports while others sell
    config.write_text(store, encoding="utf-8")
    paper.touch()
    done = subprocess.run(
        [sys.executable, "-c", SOLD, str(tmp_path / "state"), str(paper), *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=WAIT_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells which files it has open")
def test_nobody_is_answered_before_the_journal_is_open(tmp_path: Path) -> None:
    port = free_port()
    arguments = run_arguments(tmp_path, port)
    with running(arguments):
        wait_for(lambda: health(port) == 200)
    with closing(sqlite3.connect(tmp_path / "state" / FILE, isolation_level=None)) as other:
        other.execute("begin immediate")  # the journal's opening has to wait for this one
        with running(arguments) as process:
            wait_for(lambda: has_open(process.pid, tmp_path / "state" / FILE))
            for _ in range(20):
                assert process.poll() is None
                assert health(port) is None
                time.sleep(0.01)
            other.execute("rollback")
            wait_for(lambda: health(port) == 200)


@contextmanager
def running(arguments: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-m", "agent", *arguments], cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(WAIT_S) == 0


def health(port: int) -> int | None:
    """Return the status of /healthz, or None where nobody listens or answers."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as line:
            line.sendall(f"GET /healthz HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\n\r\n".encode())
            answer = line.recv(64)
    except OSError:
        return None
    return int(answer.split()[1]) if answer else None


def has_open(pid: int, file: Path) -> bool:
    try:
        return any(link.readlink() == file for link in Path(f"/proc/{pid}/fd").iterdir())
    except FileNotFoundError:  # closed while it was looked at
        return False


def wait_for(true: object) -> None:
    assert callable(true)
    deadline = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
