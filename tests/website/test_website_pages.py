"""Links of the repository's pages are turned to the site's; every name of nst has its place on the API page."""

import nst
from autograder.course import REPOSITORY
from tools.website import pages

HOMES = {file: page for page, file in pages.PAGES.items()} | {"course/style_transfer/06_explore.ipynb": "06_explore"}


def turned(text, tmp_path, file="autograder/README.md"):
    return pages.turned(text, file, HOMES, tmp_path)


def test_links_lead_to_pages_to_copies_of_files_or_become_words(tmp_path):
    assert turned("[a](POLICY.md) [b](../README.md#licence)", tmp_path) == "[a](policy.md) [b](instructors.md#licence)"
    assert turned("[play](../course/style_transfer/06_explore.ipynb)", tmp_path) == "[play](06_explore.ipynb)"
    assert turned("[`credit.toml`](credit.toml)", tmp_path) == "[`credit.toml`](files/autograder/credit.toml)"
    credit = REPOSITORY / "autograder/credit.toml"
    assert (tmp_path / "files/autograder/credit.toml").read_bytes() == credit.read_bytes()
    assert turned("[sandbox](sandbox/) [x](no/such.md)", tmp_path) == "sandbox x"


def test_what_leads_outside_or_stands_in_code_stays(tmp_path):
    for text in ("[a](https://example.org/x) [b](#grade)", "```bash\n[a](POLICY.md)\n```"):
        assert turned(text, tmp_path) == text


def test_every_page_is_a_file_of_the_repository():
    assert [file for file in pages.PAGES.values() if not (REPOSITORY / file).is_file()] == []


def test_the_api_page_names_everything_that_nst_offers():
    text = pages.api_page()
    assert [name for name in nst.__all__ if f":: nst.{name}" not in text] == []
    assert ".. autoexception:: nst.ImageError" in text and ".. autodata:: nst.LAYERS" in text
