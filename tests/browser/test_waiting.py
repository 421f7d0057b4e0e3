"""The wait that the other browser tests rely on: it outlasts a late change, and says what it saw in vain."""

import pytest

from jupyter_page import eventually

pytestmark = pytest.mark.browser

LATE = "<p>early</p><script>setTimeout(() => { document.querySelector('p').textContent = 'late'; }, 400)</script>"
TEXT = "e => e.textContent"


@pytest.fixture
def paragraph(chromium):
    page = chromium.new_page()
    page.set_content(LATE)
    yield page.locator("p")
    page.close()


def test_a_late_value_is_waited_for(paragraph):
    eventually(paragraph, TEXT, "late")


def test_a_value_that_never_comes_is_an_error_with_the_last_one_seen(paragraph):
    with pytest.raises(AssertionError, match="is 'late' after 1 s, not 'never'"):
        eventually(paragraph, TEXT, "never", seconds=1)
