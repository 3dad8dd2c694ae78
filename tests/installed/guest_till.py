"""Runs in the guest: a till by the local API, on the Python of that PC.

    python3 till.py sell COUNT [--through]   sells; prints each receipt number once its sale was answered, and when
    python3 till.py ring NAME                puts one line on the till, and leaves it there
    python3 till.py show                     what is on the till
    python3 till.py pay                      takes the money for that; says what `sell` says
    python3 till.py void                     gives that up
    python3 till.py device NAME              the device's state
    python3 till.py record NUMBER            whether it was printed
    python3 till.py ask METHOD PATH [BODY]   whatever the API answers, as JSON

`--through` goes on selling while the service is being restarted.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from pathlib import Path
from typing import Any

HERE = ("127.0.0.1", 8750)
TOKEN = Path("/var/lib/stillopen/api-token")
WAIT_S = 120.0  # a guest is slow, and a busy machine around it makes it slower
AGAIN_S = 0.2


def call(method: str, path: str, body: Any = None) -> Any:
    """Return the answer; raises `OSError` where there is none, or none that is good."""
    headers = {
        "Authorization": f"Bearer {TOKEN.read_text().strip()}",
        "Content-Type": "application/json",
        "Idempotency-Key": str(time.time_ns()),
    }
    connection = http.client.HTTPConnection(*HERE, timeout=WAIT_S)
    try:
        connection.request(method, f"/v1{path}", None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read().decode()
    except http.client.HTTPException as error:
        raise OSError(repr(error)) from error
    finally:
        connection.close()
    if response.status >= http.client.BAD_REQUEST:
        raise OSError(f"{method} {path}: {response.status} {text}")
    return json.loads(text)


def say(text: str) -> None:
    """Say a line, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def ring(name: str) -> Any:
    """Put a line on the till's sale; returns the sale."""
    sale = call("POST", "/sales", {"till": "till-1"})["id"]
    return call("POST", f"/sales/{sale}/lines", {"name": name, "price": 500})


def pay(sale: Any) -> str:
    """Take cash for all that is due, and complete the sale; returns the receipt's number."""
    call("POST", f"/sales/{sale['id']}/tenders", {"type": "cash", "amount": sale["due"]})
    return str(call("POST", f"/sales/{sale['id']}/complete", {})["receipt_number"])


def tell(receipt_number: str) -> None:
    """Say what was answered, and when."""
    say(f"{receipt_number} {time.monotonic():.2f}")


def sell_on(count: int, *, through: bool) -> None:
    """Sell so often; `through`: a service that is not there for a while is asked again."""
    for _ in range(count):
        try:
            tell(pay(ring("Mug")))  # and whatever an answer that did not come has left on the till
        except OSError:
            if not through:
                raise
            time.sleep(AGAIN_S)


def main(words: list[str]) -> None:
    """Do what was asked."""
    match words:
        case ["sell", count, *options]:
            sell_on(int(count), through="--through" in options)
        case ["ring", name]:
            ring(name)
        case ["show"]:
            say(json.dumps(call("GET", "/tills/till-1")["sale"]))
        case ["pay"]:
            tell(pay(call("GET", "/tills/till-1")["sale"]))
        case ["void"]:
            call("POST", f"/sales/{call('GET', '/tills/till-1')['sale']['id']}/void", {})
        case ["device", name]:
            say(next(one["state"] for one in call("GET", "/devices")["devices"] if one["name"] == name))
        case ["record", number]:
            say(call("GET", f"/records/{number}")["print"])
        case ["ask", method, path, *body]:
            say(json.dumps(call(method, path, json.loads(body[0]) if body else None)))


if __name__ == "__main__":
    main(sys.argv[1:])
