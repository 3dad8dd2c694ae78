"""The agent as a service of the operating system: what it tells its host, and how it is put there."""

from __future__ import annotations

from importlib import resources


def first_configuration() -> str:
    """Return what a PC begins with: a store that sells, with no devices and no cloud."""
    return resources.files("agent.service").joinpath("first.toml").read_text(encoding="utf-8")
