"""One Chromium for the browser tests of a process."""

import pytest
from playwright.sync_api import expect

from jupyter_page import PATIENCE, browser

expect.set_options(timeout=PATIENCE * 1000)


@pytest.fixture(scope="session")
def chromium():
    with browser() as running:
        yield running
