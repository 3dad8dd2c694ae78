"""The visitor and the Chromium of `tests/pages`."""

from tests.pages.conftest import browser, chromium

__all__ = ["browser", "chromium"]
