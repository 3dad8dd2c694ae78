"""The agent that is running on this PC, asked over its own API with the token that this user can read."""

from __future__ import annotations

import hmac
import http.client
import json
import secrets
from typing import TYPE_CHECKING, Any

from agent import api_token, proof
from agent.cli import out
from agent.config import load

if TYPE_CHECKING:
    from socket import socket

    from agent.places import Places

ANSWER_WAIT_S = 10.0  # the agent is on this PC
_REACHED_AT = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - asked for, not bound; each listens for its own kind
PROOF_BYTES_MAX = 4096  # the proof has 80; who else listens there may send anything


class RunningAgent:
    """The running agent. Raises `CommandError` with what the agent says to do.

    Whoever listens at its address is not sent the token before it has proved that it knows it.
    """

    def __init__(self, host: str, port: int, token: str) -> None:
        self._host = host
        self._port = port
        self._token = token

    @classmethod
    def find(cls, places: Places, port: int | None = None) -> RunningAgent:
        """Return the agent of this configuration and state folder; it is not asked anything yet."""
        api = load(places.config, need_secrets=False).api
        return cls(_REACHED_AT.get(api.host, api.host), port or api.port, _token(places))

    def events(self, claim: str) -> tuple[str, dict[str, str], socket]:
        """Return where events come from while a claim is held, the headers to ask with, and the line to ask on."""
        connection = self._connect()
        line, connection.sock = connection.sock, None
        host = f"[{self._host}]" if ":" in self._host else self._host
        return (
            f"ws://{host}:{self._port}/v1/events?claim={claim}",
            {"Authorization": f"Bearer {self._token}"},
            line,
        )

    def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, wait_s: float = ANSWER_WAIT_S
    ) -> dict[str, Any]:
        """Return the answer."""
        connection = self._connect()
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            connection.sock.settimeout(wait_s)
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._nobody(error) from error
        finally:
            connection.close()
        if not isinstance(answer, dict):
            raise out.CommandError(f"what answers at {self._host}:{self._port} is not Stillopen", hint="use --port")
        if response.status >= http.client.BAD_REQUEST:
            raise out.CommandError(str(answer.get("detail", response.reason)))
        return answer

    def _connect(self) -> http.client.HTTPConnection:
        """Return a connection to who knows the token; nothing sent on it reaches anybody else."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=ANSWER_WAIT_S)
        try:
            connection.connect()
            connection.auto_open = 0  # once it is cut, the next to listen there would be sent the token
            nonce = secrets.token_urlsafe(proof.NONCE_BYTES)
            wanted = proof.proof(api_token.digest(self._token), nonce, connection.sock.getpeername()[:2])
            connection.request("GET", f"{proof.PATH}?nonce={nonce}")
            said = json.loads(connection.getresponse().read(PROOF_BYTES_MAX))
            if connection.sock is None:
                raise http.client.NotConnected("it hung up")
            proved = isinstance(said, dict) and hmac.compare_digest(str(said.get("proof")).encode(), wanted.encode())
        except (OSError, http.client.HTTPException, ValueError) as error:
            connection.close()
            raise self._nobody(error) from error
        if not proved:
            connection.close()
            raise out.CommandError(
                f"what listens at {self._host}:{self._port} does not know the token of this state folder: it was not "
                "sent there",
                hint="another program has that port, or an agent with another --state, or one of an older version: see "
                "which, and restart the agent",
            )
        return connection

    def _nobody(self, error: Exception) -> out.CommandError:
        return out.CommandError(
            f"no agent answers at {self._host}:{self._port} ({error})",
            hint="start it (`stillopen run`, or its service), or name its port with --port",
        )


def an_agent_runs(places: Places) -> bool:
    """Return whether an agent has the state folder, whether it answers or not."""
    from outbox.errors import JournalUnavailable, StateInUse
    from outbox.journal import LOCK, hold

    if not (places.state / LOCK).exists():
        return False
    try:
        hold(places.state).release()
    except StateInUse:
        return True
    except JournalUnavailable:  # whatever is to be done with what is in it says so
        return False
    return False


def _token(places: Places) -> str:
    path = places.state / api_token.FILE
    try:
        token = api_token.read(places.state)
    except OSError as error:
        raise out.CommandError(
            f"{path} cannot be read: {error.strerror or error}",
            hint="run this as the user the agent runs as, or as an administrator",
        ) from error
    if token is None:
        raise out.CommandError(
            f"there is no token at {path}",
            hint="start the agent first (`stillopen run`, or its service), or name its state folder with --state",
        )
    return token
