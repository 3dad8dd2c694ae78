"""`stillopen pair`: a code that lets a page or another front end call the agent; who is paired; shutting out."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from agent import api_token
from agent.cli import out
from agent.config import load

if TYPE_CHECKING:
    import argparse

    from agent.places import Places

ANSWER_WAIT_S = 10.0  # the agent is on this PC
_WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - recognised, not bound


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("--name", metavar="TEXT", help="what to call the front end in the list, such as 'tablet'")
    parser.add_argument("--list", action="store_true", help="show who is paired instead")
    parser.add_argument("--revoke", metavar="ID", help="shut a front end out instead; its id is in the list")
    parser.add_argument("--port", type=int, metavar="N", help="where the agent listens, if not where `[api]` says")
    parser.add_argument("--json", action="store_true", help="the answer as JSON, for programs")


def run(args: argparse.Namespace, places: Places) -> int:
    """Ask the running agent, with the token that this user can read."""
    api = load(places.config, need_secrets=False).api
    host = "127.0.0.1" if api.host in _WILDCARDS else api.host
    agent = _Agent(host, args.port or api.port, _token(places))
    if args.list:
        return _list(agent, as_json=args.json)
    if args.revoke:
        answer = agent.ask("DELETE", f"/v1/pairings/{quote(args.revoke, safe='')}")
        _say(args, answer, f"{answer.get('pairing', {}).get('name', args.revoke)} is shut out")
        return out.OK
    answer = agent.ask("POST", "/v1/pairing-codes", {"name": args.name} if args.name else {})
    minutes = int(answer["expires_in_s"]) // 60
    _say(args, answer, f"{answer['code']}\n\nType it on the page within {minutes} minutes. It is good once.")
    return out.OK


def _list(agent: _Agent, *, as_json: bool) -> int:
    answer = agent.ask("GET", "/v1/pairings")
    if as_json:
        out.say_json(answer)
        return out.OK
    for one in answer["pairings"]:
        out.say(f"{one['id']}  {one['made_at']}  {one['origin']}  {one['name']}")
    if not answer["pairings"]:
        out.say("nobody is paired yet")
    return out.OK


def _say(args: argparse.Namespace, answer: dict[str, Any], text: str) -> None:
    if args.json:
        out.say_json(answer)
    else:
        out.say(text)


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


class _Agent:
    """The running agent, over its own API."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self._host = host
        self._port = port
        self._token = token

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the answer. Raises `CommandError` with what the agent says to do."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=ANSWER_WAIT_S)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise out.CommandError(
                f"no agent answers at {self._host}:{self._port} ({error})",
                hint="start it (`stillopen run`, or its service), or name its port with --port",
            ) from error
        finally:
            connection.close()
        if not isinstance(answer, dict):
            raise out.CommandError(f"what answers at {self._host}:{self._port} is not Stillopen", hint="use --port")
        if response.status >= http.client.BAD_REQUEST:
            raise out.CommandError(str(answer.get("detail", response.reason)))
        return answer
