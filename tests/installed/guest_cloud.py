"""Runs in the guest: a cloud that takes webhooks whose signature holds, each at a path of its own, until it is ended.

python3 cloud.py FILE NAME=SECRET ...    at http://127.0.0.1:8099/NAME; what was taken is a line in FILE: NAME NUMBER

Source: standardwebhooks.com, specification 1.0.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

HERE = ("127.0.0.1", 8099)
PREFIX = "whsec_"


class Cloud(BaseHTTPRequestHandler):
    """Takes a record where it is signed with the secret of its path."""

    taken: Path
    secrets: dict[str, str]

    def do_POST(self) -> None:
        """Take it, or say that it is not let in."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        name = self.path.strip("/")
        good = hmac.compare_digest(self._signature(name, body), self.headers["webhook-signature"])
        if good:
            with self.taken.open("a") as lines:
                lines.write(f"{name} {json.loads(body).get('receipt_number')}\n")
        self.send_response(HTTPStatus.NO_CONTENT if good else HTTPStatus.UNAUTHORIZED)
        self.end_headers()

    def _signature(self, name: str, body: bytes) -> str:
        key = base64.b64decode(self.secrets[name].removeprefix(PREFIX))
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
        return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def main(file: str, secrets: list[str]) -> None:
    """Serve for ever."""
    Cloud.taken = Path(file)
    Cloud.secrets = dict(one.split("=", 1) for one in secrets)
    HTTPServer(HERE, Cloud).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
