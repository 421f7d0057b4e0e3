"""One Chromium for the browser tests of a process."""

import pytest

from jupyter_page import browser


@pytest.fixture(scope="session")
def chromium():
    with browser() as running:
        yield running
