"""How bytes travel: ports, opened by URL."""

from drivers.ports.open import open_port
from drivers.ports.url import PortUrl, SerialSettings, parse_port_url

__all__ = ["PortUrl", "SerialSettings", "open_port", "parse_port_url"]
