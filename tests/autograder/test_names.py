"""A name that somebody else chose is shown as text, wherever it ends up."""

import random
import sys

import pytest

from autograder.names import LONGEST, safe_file_name, safe_name


@pytest.mark.parametrize(
    "name",
    ["Anna-Lena O'Brien", "Müller, Jörg", "o'brien+nst@uni.ie", "Nguyễn Thị Ánh", "王小明", "علی\u200cرضا", "José (2)"],
)
def test_names_of_people_stay_as_they_are(name):
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("<img src=x onerror=alert(1)>", "img src x onerror alert(1)"),
        ('Ann";alert(1)//', "Ann alert(1)"),
        ("Ann\\", "Ann"),
        ("Ann&lt;b&gt;", "Ann lt b gt"),
        ("`Ann` [x](javascript:1) $\\href{1}{2}$", "Ann x (javascript 1) href 1 2"),
        ("Ann\r\nBcc: all", "Ann Bcc all"),
        ("\x1b]0;title\x07Ann\x1b[31m", "0 title Ann 31m"),
        ("Ann\u202eeilrahC", "Ann eilrahC"),
        ("Ann\udce9", "Ann"),  # a byte of a file's name that is no UTF-8
        ("Cafe\u0301", "Caf\u00e9"),
        ("  Ann \t Bee  ", "Ann Bee"),
        (17, "17"),
        (None, ""),
        ({":name": "Ann"}, ""),
        ("<<<>>>", ""),
        ("\u200c\u200d", ""),
    ],
)
def test_what_pages_and_programs_would_understand_is_gone(name, safe):
    assert safe_name(name) == safe


def test_every_text_becomes_a_short_harmless_line_once():
    """Each character that there is, beside others, and in texts of any kind."""
    characters = [chr(number) for number in range(sys.maxunicode + 1)]
    random.Random(1).shuffle(characters)
    for start in range(0, len(characters), 300):
        name = safe_name("".join(characters[start : start + 300]), 300)
        assert safe_name(name, 300) == name and len(name) <= 300 and name == name.strip()
        assert not set(name) & set('<>&"`\\/={}[]$;:|\n\r\t\0\u202e\u2028\ufeff')
        name.encode()  # also to a file


def test_a_huge_name_costs_nothing():
    assert safe_name("x" * 50_000_000) == "x" * LONGEST


@pytest.mark.parametrize(
    "name", ["doejane_12345", "Jane Doe_123_assignsubmission_file", "Nguyễn Thị Ánh_7", "o'brien (2)"]
)
def test_names_that_any_system_takes_stay(name):
    assert safe_file_name(name) == name


@pytest.mark.parametrize(
    "name", ["../../x", "..", "a/b", "a\\b", "C:x", "a\nb", "a ", ".a", "a<b", "x" * 300, "é" * 300, "", "\udce9"]
)
def test_other_names_become_such_and_stay_apart(name):
    safe = safe_file_name(name)
    assert safe == safe_file_name(safe) and safe != name and 0 < len(safe.encode()) <= 180
    assert not set(safe) & set('/\\:*?"<>|\n') and safe.strip(". ") == safe
    assert safe != safe_file_name(name + "/")
