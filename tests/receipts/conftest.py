"""Printers are lost and found here all the time: it need not be told each time."""

from __future__ import annotations

import logging

import pytest


@pytest.fixture(autouse=True)
def _silence(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="drivers")
