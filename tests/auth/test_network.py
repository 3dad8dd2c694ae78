"""The way to a cloud through what a store has: a proxy, and certificates of an authority of its own."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ipaddress
import ssl
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agent.config import ConfigInvalid, load
from outbox.connector import Request
from outbox.session import Network, NotSent, Session, open_client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

STORE = '[store]\nid = "s"\nname = "S"\ncurrency = "EUR"\ntimezone = "UTC"\n[[till]]\nid = "t"\n'
PLANTED = "Bearer planted-4711-token"
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"


@dataclass
class Authority:
    """A store's own certificate authority, and a certificate of one host."""

    ca_file: Path
    server: ssl.SSLContext


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("authority")
    now = dt.datetime.now(dt.UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "The shop's own authority")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "erp.shop.example")])

    def certificate(subject: x509.Name, own: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        begun = x509.CertificateBuilder().subject_name(subject).issuer_name(ca_name).public_key(own.public_key())
        day = dt.timedelta(days=1)
        return begun.serial_number(x509.random_serial_number()).not_valid_before(now - day).not_valid_after(now + day)

    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    ca = certificate(ca_name, ca_key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    ca = ca.add_extension(usage, critical=True)
    ca_id = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    hosts = x509.SubjectAlternativeName(
        [x509.DNSName("erp.shop.example"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    )
    of_host = certificate(name, key).add_extension(hosts, critical=False)
    of_host = of_host.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    ca_file, chain, key_file = folder / "ca.pem", folder / "host.pem", folder / "host.key"
    ca_file.write_bytes(ca.add_extension(ca_id, critical=False).sign(ca_key, hashes.SHA256()).public_bytes(pem))
    chain.write_bytes(of_host.sign(ca_key, hashes.SHA256()).public_bytes(pem))
    key_file.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain, key_file)
    return Authority(ca_file, server)


@dataclass
class Heard:
    """What a server on this PC was asked."""

    port: int = 0
    heads: list[str] = field(default_factory=list)


@contextlib.asynccontextmanager
async def a_server(context: ssl.SSLContext | None = None, *, lead_to: int | None = None) -> AsyncIterator[Heard]:
    """Answer each request; with `lead_to`, be a proxy that leads every CONNECT to that port."""
    heard, writers = Heard(), list[asyncio.StreamWriter]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            heard.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
            if lead_to is None:
                writer.write(ANSWER)
                await writer.drain()
                writer.close()
                return
            there = await asyncio.open_connection("127.0.0.1", lead_to)
            writers.append(there[1])
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(through(reader, there[1]), through(there[0], writer))

    async def through(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while some := await reader.read(65_536):
                writer.write(some)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    heard.port = server.sockets[0].getsockname()[1]
    try:
        yield heard
    finally:
        server.close()
        for writer in writers:
            writer.close()
        for writer in writers:
            with contextlib.suppress(OSError, ssl.SSLError):
                await writer.wait_closed()
        await server.wait_closed()


async def ask(base_url: str, network: Network) -> int:
    async with Session(partial(open_client, network=network)) as session:
        answer = await session.exchange(base_url, Request("GET", "/orders"), {"authorization": PLANTED})
    return answer.status


async def test_certificates_of_the_stores_own_authority_are_trusted_when_it_is_named(authority: Authority) -> None:
    async with a_server(authority.server) as heard:
        base_url = f"https://127.0.0.1:{heard.port}"
        with pytest.raises(NotSent, match="certificate"):
            await ask(base_url, Network())
        assert heard.heads == [], "nothing was said to whom nobody vouches for"
        assert await ask(base_url, Network(ca_file=authority.ca_file)) == 200
        assert PLANTED in heard.heads[0]


async def test_a_proxy_sees_where_to_and_nothing_of_what(authority: Authority) -> None:
    async with a_server(authority.server) as there, a_server(lead_to=there.port) as proxy:
        network = Network(f"http://127.0.0.1:{proxy.port}", authority.ca_file)
        assert await ask("https://erp.shop.example", network) == 200
    (asked,) = proxy.heads
    assert asked.startswith("CONNECT erp.shop.example:443 ")
    assert "planted" not in asked
    assert "GET /orders" in there.heads[0]


async def test_this_pc_itself_is_never_reached_through_the_proxy() -> None:
    async with a_server() as there, a_server(lead_to=there.port) as proxy:
        assert await ask(f"http://127.0.0.1:{there.port}", Network(f"http://127.0.0.1:{proxy.port}")) == 200
    assert proxy.heads == []


async def test_a_proxy_that_is_not_there_and_certificates_that_are_none_are_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(NotSent):
        await ask("https://erp.shop.example", Network("http://127.0.0.1:9"))
    for content in (b"", b"these are no certificates"):
        (tmp_path / "ca.pem").write_bytes(content)
        with pytest.raises(NotSent, match="no certificates in PEM") as raised:
            await ask("https://erp.shop.example", Network(ca_file=tmp_path / "ca.pem"))
        assert "[network]" in raised.value.hint
    with pytest.raises(NotSent, match="no certificates in PEM"):
        await ask("https://erp.shop.example", Network(ca_file=tmp_path / "nothing.pem"))


def test_the_configuration_names_them(tmp_path: Path) -> None:
    file = tmp_path / "stillopen.toml"
    file.write_text(STORE + '[network]\nproxy = "http://proxy.shop.example:3128"\nca_file = "ca.pem"\n')
    assert load(file).network.network == Network("http://proxy.shop.example:3128", tmp_path / "ca.pem")
    for wrong in ("proxy.shop.example", "http://proxy", "socks5://p:1", "http://p:1/x", "http://p:x", "http://[:1"):
        file.write_text(STORE + f'[network]\nproxy = "{wrong}"\n')
        with pytest.raises(ConfigInvalid, match="with its port"):
            load(file)
    file.write_text(STORE + '[network]\nproxy = "http://me:planted-4711@proxy:3128"\n')
    with pytest.raises(ConfigInvalid) as raised:
        load(file)
    assert "planted-4711" not in str(raised.value.problems[0])
    assert "HTTPS_PROXY" in str(raised.value.problems[0])
