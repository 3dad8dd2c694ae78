"""How the clouds are reached from this PC."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from agent.config.kinds import FilePath, fix
from agent.config.sections.section import Section
from outbox.session import Network

_EXAMPLE = "http://proxy.example.com:3128"


def _proxy_url(url: str) -> str:
    cure = f"write the proxy's address with its port, like {_EXAMPLE}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise fix(cure) from None
    if parts.username or parts.password:
        raise fix("a proxy that wants a password is named in HTTPS_PROXY in the service's environment, not here")
    if parts.scheme not in {"http", "https"} or not host or port is None or parts.path not in {"", "/"} or parts.query:
        raise fix(cure)
    return url


ProxyUrl = Annotated[str, AfterValidator(_proxy_url)]


class NetworkConfig(Section):
    """A proxy and a certificate authority of the store's own. Without them, what the environment says."""

    proxy: ProxyUrl | None = Field(
        default=None, description="the address of the proxy that leads to the clouds", examples=[_EXAMPLE]
    )
    ca_file: FilePath | None = Field(
        default=None, description="the path of a PEM file of certificates, in quotes", examples=["ca.pem"]
    )

    @property
    def network(self) -> Network:
        """What every session is opened with."""
        return Network(self.proxy, self.ca_file)
