"""The checks that need a line: each cloud's name, certificate, clock, and one small call. No other host is asked.

A line that is down is a warning, as selling goes on without it; a certificate, a clock or credentials that are wrong
stay wrong until somebody mends them.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agent.connecting.checking import CLOCK_S, compare
from agent.doctor.finding import Finding, failed, not_known, ok, warning
from agent.ways import UNREACHABLE_WITHOUT, store_facts
from outbox.auth.keyring import Keyring
from outbox.clouds import make
from outbox.clouds.packages import KindBroken
from outbox.mapping import Level
from outbox.retry_after import http_date
from outbox.session import is_loopback, open_client

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    import httpx

    from agent.config import CloudConfig, Config
    from outbox.session import Network

    Resolve = Callable[[str], object]

CHECK_S = 10.0  # for each: a line slower than this carries no sale either
CERTIFICATE_DAYS = 7  # clouds renew theirs a month before; one this close was forgotten
_EXPIRED, _NOT_YET, _WRONG_NAME = 10, 9, 62  # X509_V_ERR_… of OpenSSL's x509_vfy.h


async def all_of(
    config: Config,
    state: Path,
    *,
    held: Collection[str] = (),
    resolve: Resolve = lambda host: socket.getaddrinfo(host, None),
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> list[Finding]:
    """Check every cloud, all at once. `held` are those that somebody holds offline: nothing is sent to them."""
    found = await asyncio.gather(
        *(
            _held(cloud.name) if cloud.name in held else _of_cloud(cloud, config, state, resolve, now)
            for cloud in config.clouds
        )
    )
    return [finding for of_one in found for finding in of_one]


async def _held(name: str) -> list[Finding]:
    return [not_known(f"line to {name}", "it is held offline by hand", "put it back online on the till page (Alt+O)")]


async def _of_cloud(
    cloud: CloudConfig, config: Config, state: Path, resolve: Resolve, now: Callable[[], datetime]
) -> list[Finding]:
    line = f"line to {cloud.name}"
    if cloud.settings is None:
        return [not_known(line, UNREACHABLE_WITHOUT, "run this where the secret is: a service has its own environment")]
    try:
        base_url = make(cloud.kind, cloud.settings, store_facts(config)).base_url
    except KindBroken as error:
        return [failed(line, str(error), "update or remove that package")]
    found = await _reached(cloud.name, base_url, config.network.network, resolve, now)
    if found[0].state in {"ok", "not known"}:
        found.append(await _called(cloud, config, state, now))
    else:
        found.append(not_known(f"call to {cloud.name}", "there is no line to it", "mend the line first"))
    return found


async def _reached(
    name: str, base_url: str, network: Network, resolve: Resolve, now: Callable[[], datetime]
) -> list[Finding]:
    """Go to the host itself: its name, its certificate, what its clock says. The first finding is the line's."""
    import httpx

    line, parts = f"line to {name}", urlsplit(base_url)
    host = parts.hostname or ""
    through = proxy_of(base_url, network.proxy)
    if through is None:
        trouble = await _unnamed(host, resolve)
        if trouble is not None:
            return [warning(line, trouble, "look at the store's internet and its DNS; sales wait safely")]
    way = "" if through is None else f" through the proxy {through}"
    try:
        client = await asyncio.to_thread(open_client, 1, network)
        async with (
            client,
            asyncio.timeout(CHECK_S),
            client.stream("HEAD", f"{parts.scheme}://{parts.netloc}/") as response,
        ):
            return [
                ok(line, f"{host} answers{way}"),
                *_certificate(name, response, now()),
                _clock(name, response.headers.get("date", ""), now()),
            ]
    except TimeoutError:
        return [warning(line, f"{host} did not answer in {CHECK_S:g} s{way}", _LOOK)]
    except httpx.HTTPError as error:
        foreign = _distrusted(error)
        if foreign is not None:
            return [failed(line, f"{host}: {foreign.verify_message or foreign}", distrust(foreign.verify_code))]
        return [warning(line, f"{host} was not reached{way}: {str(error) or type(error).__name__}", _LOOK)]
    except (OSError, ValueError) as error:  # the certificates of [network], or a proxy that cannot be used
        return [failed(line, f"no connection can be made: {error}", "mend [network] in stillopen.toml, or HTTPS_PROXY")]


_LOOK = "look at the store's internet, its router and its firewall; sales wait safely"


def proxy_of(base_url: str, configured: str | None, environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the host and port of the proxy that leads there, with no password that stands in it; None: none does."""
    parts = urlsplit(base_url)
    if is_loopback(parts.hostname or ""):
        return None
    low = {name.lower(): value for name, value in environ.items()}
    found = configured or low.get(f"{parts.scheme}_proxy") or low.get("all_proxy")
    if not found:
        return None
    if configured is None and _excepted(parts.hostname or "", low.get("no_proxy", "")):
        return None
    return urlsplit(found if "://" in found else f"http://{found}").netloc.rpartition("@")[2]


def _excepted(host: str, no_proxy: str) -> bool:
    names = [name.strip().lstrip(".") for name in no_proxy.split(",") if name.strip()]
    return any(name in {"*", host} or host.endswith(f".{name}") for name in names)


async def _unnamed(host: str, resolve: Resolve) -> str | None:
    """Look a host up; return why it has no address here. A resolver that hangs is left to a thread of its own."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[str | None] = loop.create_future()

    def tell(trouble: str | None) -> None:
        if not done.done():
            done.set_result(trouble)

    def ask() -> None:
        trouble = None
        try:
            resolve(host)
        except OSError as error:
            trouble = f"{host} has no address here: {error.strerror or error}"
        except UnicodeError as error:  # no name can be spelled so: two dots side by side
            trouble = f"{host} can be no host's name: {error}"
        try:
            loop.call_soon_threadsafe(tell, trouble)
        except RuntimeError:  # nobody waits any more
            return

    threading.Thread(target=ask, name="doctor-name", daemon=True).start()
    try:
        async with asyncio.timeout(CHECK_S):
            return await done
    except TimeoutError:
        return f"no server for names answered in {CHECK_S:g} s for {host}"


def _certificate(name: str, response: httpx.Response, now: datetime) -> list[Finding]:
    stream = response.extensions.get("network_stream")
    tls = None if stream is None else stream.get_extra_info("ssl_object")
    shown = None if tls is None else tls.getpeercert()
    if not shown:
        return []  # plain, to this very machine
    return [certificate(name, str(shown["notAfter"]), now)]


def certificate(name: str, not_after: str, now: datetime) -> Finding:
    """Judge until when a certificate that is trusted holds; `not_after` is as `ssl` says it."""
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(not_after), UTC)
    check = f"certificate of {name}"
    if until - now < timedelta(days=CERTIFICATE_DAYS):
        return warning(check, f"it runs out on {until:%Y-%m-%d}", "tell whoever runs that system to renew it")
    return ok(check, f"trusted, until {until:%Y-%m-%d}")


def _clock(name: str, date: str, now: datetime) -> Finding:
    check = f"clock against {name}"
    said = http_date(date)
    if said is None:
        return not_known(check, "it does not say what time it is", "compare this PC's clock with a telephone's")
    ahead = (now - said).total_seconds()
    if abs(ahead) <= CLOCK_S:
        return ok(check, f"within {CLOCK_S:g} s of it")
    way = "fast" if ahead > 0 else "slow"
    return failed(check, f"this PC's clock is {abs(ahead):,.0f} s {way}", "let the system set it by the network (NTP)")


def _distrusted(error: BaseException) -> ssl.SSLCertVerificationError | None:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def distrust(code: int) -> str:
    """Return what to do about a certificate that OpenSSL refuses with this code."""
    if code in {_EXPIRED, _NOT_YET}:
        return "look at this PC's clock first; if it is right, whoever runs that system has to renew its certificate"
    if code == _WRONG_NAME:
        return "another host answers: sign in at the line's own page (a hotel's, a guests' network), or mend base_url"
    return (
        "something on the way answers in its place: a guests' network that wants a sign-in, or a firewall that opens "
        "what is sealed; of the store's own firewall, put its certificate into [network] ca_file"
    )


async def _called(cloud: CloudConfig, config: Config, state: Path, now: Callable[[], datetime]) -> Finding:
    """Ask the first of the kind's own questions, with the store's credentials."""
    check, keyring = f"call to {cloud.name}", Keyring(state)
    if await asyncio.to_thread(_others, keyring, state, cloud.name):
        # A renewal would be written as this user, and the agent could not read it any more.
        return not_known(check, "its credentials belong to the agent's user", "run this as that user, or on /devices")
    try:
        async with asyncio.timeout(CHECK_S):
            asked = await compare(cloud, config, keyring, first_only=True, now=now)
    except TimeoutError:
        return warning(check, f"it did not answer in {CHECK_S:g} s", "sales wait safely; try again later")
    if asked is None:
        return not_known(
            check, f"a cloud of kind {cloud.kind} cannot be asked", "sell something: stillopen outbox status"
        )
    wrong = [found.text for found in asked.findings if found.level is Level.WRONG]
    more = f"stillopen cloud check {cloud.name} says more"
    if not asked.answered or not asked.accepted:
        return failed(check, wrong[0] if wrong else "it does not take the credentials", more)
    if wrong:
        return warning(check, wrong[0], more)
    return ok(check, "it answers, and takes the credentials")


def _others(keyring: Keyring, state: Path, name: str) -> bool:
    """Whether what is kept of a cloud's credentials is another user's."""
    return keyring.stamp(name) is not None and os.name == "posix" and state.stat().st_uid != os.geteuid()
