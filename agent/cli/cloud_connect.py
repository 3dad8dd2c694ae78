"""`stillopen cloud connect` and `disconnect`: a person signs in to a cloud, or takes its credentials away."""

from __future__ import annotations

import asyncio
import getpass
import sys
from typing import TYPE_CHECKING, Any

from agent.cli import out
from agent.cli.cloud_check import shown, told
from agent.cli.cloud_names import configured, must_be_online

if TYPE_CHECKING:
    import argparse

    from agent.connecting.connect import Connected
    from agent.places import Places


class Terminal:
    """The person at this terminal. Words go to stderr, so that stdout holds the answer alone."""

    def secret(self, name: str) -> str:
        """Ask for a secret: unseen at a terminal, a line of what is piped in otherwise."""
        if sys.stdin.isatty():
            return getpass.getpass(f"{name.replace('_', ' ')} (it is not shown): ", stream=sys.stderr)
        return sys.stdin.readline()

    def sign_in(self, url: str, *, comes_back: bool) -> None:
        """Show the page's address, and open it where it comes back here."""
        out.complain_plainly(f"Sign in and allow what is asked for, at:\n  {url}")
        if comes_back:
            import webbrowser

            webbrowser.open(url)
            out.complain_plainly("Waiting for the browser on this PC. Elsewhere: stop this, and use --paste.")

    def pasted(self) -> str:
        """Ask for the address that the page ended at."""
        out.complain_plainly("Then copy the whole address the browser ended at (the page itself may be missing), here:")
        return sys.stdin.readline()


def connect(args: argparse.Namespace, places: Places) -> int:
    """Walk a person through it."""
    from agent.connecting.connect import Connecting, NotConnected
    from outbox.auth.keyring import CredentialsError, Keyring
    from outbox.auth.oauth2 import SignInError
    from outbox.session import ExchangeError

    config, cloud = configured(places, args.name)
    must_be_online(places, args.name)
    connecting = Connecting(cloud, config, Keyring(places.state), Terminal(), paste=args.paste)
    try:
        connected = asyncio.run(connecting.run())
    except (NotConnected, SignInError, ExchangeError, CredentialsError) as error:
        raise out.CommandError(f"{args.name} is not connected: {error}", hint=error.hint) from error
    return _said(args, connected)


def _said(args: argparse.Namespace, connected: Connected) -> int:
    asked, tokens = connected.asked, connected.tokens
    runs_out = None if tokens is None or tokens.expires_at is None else tokens.expires_at.isoformat()
    good = asked is None or asked.is_good
    if args.json:
        accepted = None if asked is None else asked.accepted
        answer: dict[str, Any] = {"cloud": args.name, "connected": True, "accepted": accepted}
        out.say_json(answer | {"expires_at": runs_out, "findings": [] if asked is None else told(asked)})
        return out.OK if good else out.FAILED
    out.say(f"{args.name} is connected; a running agent takes it up within a minute.")
    if runs_out is not None:
        out.say(f"The sign-in is good until {runs_out}; the agent renews it before.")
    if asked is None:
        out.say("Whether it accepts this shows at the first delivery: this kind of cloud cannot be asked.")
    else:
        shown(asked)
    out.say(f"Next: stillopen cloud check {args.name}")
    return out.OK if good else out.FAILED


def disconnect(args: argparse.Namespace, places: Places) -> int:
    """Delete what the keyring has of a cloud. What stillopen.toml names stays in force."""
    from outbox.auth.kept import is_kept
    from outbox.auth.keyring import CredentialsError, Keyring
    from outbox.clouds.packages import kind_of

    _, cloud = configured(places, args.name)
    try:
        deleted = Keyring(places.state).forget(args.name)
    except CredentialsError as error:
        raise out.CommandError(str(error), hint=error.hint) from error
    named = cloud.settings is None or not is_kept(kind_of(cloud.kind), cloud.settings)
    if args.json:
        out.say_json({"cloud": args.name, "deleted": deleted, "named_in_configuration": named})
        return out.OK
    out.say(f"The credentials of {args.name} are deleted." if deleted else f"Nothing was kept of {args.name}.")
    if named:
        out.say("stillopen.toml names credentials of its own, which stay in force: take them out there as well.")
    out.say("Its records wait here. Take the application's access away at the cloud too: it is still allowed there.")
    return out.OK
