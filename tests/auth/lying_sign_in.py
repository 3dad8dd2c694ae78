"""A cloud's sign-in that keeps its books the way the vendors do: codes once, refresh tokens once, answers lost."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from tests.clouds.serving import Faults, asked, commit_fault, read_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

LIFE_S = 3600.0
CODE = "code-4711"


@dataclass
class LyingSignIn:
    """Gives tokens, and judges them. `rotates`: a refresh token is spent when it is used."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    rotates: bool = True
    forgives: bool = False  # a spent one is good until its successor has been used
    life_s: float = LIFE_S
    path: str = "/token"
    says_moment: bool = False  # `expires_at`, as Square, instead of `expires_in`
    faults: Faults = field(default_factory=Faults)
    challenge: str | None = None  # what the authorize page was given
    client_secret: str | None = None
    good: set[str] = field(default_factory=set)  # refresh tokens
    forgiven: dict[str, str] = field(default_factory=dict)  # successor: what it stands in for
    access: dict[str, datetime] = field(default_factory=dict)
    given: int = 0
    asked_for: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        line = asked(scope)
        fault = self.faults.due(line, after=False)
        if fault is not None:
            await commit_fault(fault, b"{}", receive, send)
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        status, said = self._token(headers, body) if scope["path"] == self.path else self._api(line, headers)
        answer = json.dumps(said).encode()
        fault = self.faults.due(line, after=True)
        if fault is not None:
            await commit_fault(fault, answer, receive, send)
            return
        shown = {"content-type": "application/json", "date": format_datetime(self.now(), usegmt=True)}
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(name.encode(), value.encode()) for name, value in shown.items()],
            }
        )
        await send({"type": "http.response.body", "body": answer})

    def _token(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        as_json = headers["content-type"] == "application/json"
        fields: dict[str, Any] = json.loads(body) if as_json else dict(parse_qsl(body.decode()))
        self.asked_for.append(fields)
        if fields["client_id"] != "app" or fields.get("client_secret") != self.client_secret:
            return 401, {"error": "invalid_client", "error_description": f"not {fields}"}
        if fields["grant_type"] == "client_credentials":
            return 200, self._pair(refresh=False)
        if fields["grant_type"] == "authorization_code":
            verifier = hashlib.sha256(fields.get("code_verifier", "").encode()).digest()
            fits = self.challenge in (None, base64.urlsafe_b64encode(verifier).rstrip(b"=").decode())
            if fields["code"] != CODE or not fits:
                return 400, {"error": "invalid_grant", "error_description": f"{fields['code']} is no code"}
            return 200, self._pair(refresh=True)
        spent = fields["refresh_token"]
        if spent not in self.good:
            return 400, {"error": "invalid_grant", "error_description": f"{spent} is spent"}
        pair = self._pair(refresh=True, instead=None if self.rotates else spent)
        if self.rotates and self.forgives:
            self.forgiven[pair["access_token"]] = spent
        elif self.rotates:
            self.good.discard(spent)
        return 200, pair

    def _pair(self, *, refresh: bool, instead: str | None = None) -> dict[str, Any]:
        self.given += 1
        token, at = f"access-token-{self.given:04}", self.now() + timedelta(seconds=self.life_s)
        self.access[token] = at
        pair: dict[str, Any] = {"access_token": token, "token_type": "bearer"}
        pair |= {"expires_at": at.isoformat()} if self.says_moment else {"expires_in": int(self.life_s)}
        if refresh:
            pair["refresh_token"] = instead or f"refresh-token-{self.given:04}"
            self.good.add(pair["refresh_token"])
        return pair

    def _api(self, line: str, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        token = headers.get("authorization", "").removeprefix("Bearer ")
        self.calls.append(f"{line} {token}")
        if self.access.get(token, datetime.min.replace(tzinfo=UTC)) <= self.now():
            return 401, {"error": f"the token {token} is not good"}
        self.good.discard(self.forgiven.pop(token, ""))
        return 200, {"location": {"id": "L1", "name": "Corner Shop", "currency": "EUR", "status": "ACTIVE"}}
