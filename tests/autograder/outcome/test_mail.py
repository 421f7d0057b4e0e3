"""Addresses to copy: nothing but addresses, whatever somebody wrote into that field."""

import pytest

from autograder.outcome import mail


@pytest.mark.parametrize("text", ["ann@uni.example", "o'hara+nst@mail.uni.example", " ann@uni.example "])
def test_an_address_is_one(text):
    assert mail.address(text) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        *("", None, "ann", "ann@", "a@b", "@b.example", "a@-.", "=1+1@b.example", "<script>@b.example"),
        *("a@b.example, victim@c.example", "a@b.example\nBcc: victim@c.example", "a@b.example;victim@c.example"),
        *('"a b"@c.example', "a" * 300 + "@b.example", "ａ@b.example", "a@b.example\u202e"),
    ],
)
def test_whatever_else_it_is_nobody_writes_to_it(text):
    assert mail.address(text) == ""


def test_each_address_once_and_who_has_none_is_named():
    rows = (("a", "", "x@y.example"), ("b", "Bo", "x@y.example"), ("c", "", ""), ("d", "Di", ""))
    people = [dict(zip(("student", "name", "email"), row, strict=True)) for row in rows]
    found = mail._reason("Why", people)
    assert found["addresses"] == "x@y.example" and found["without"] == ["c", "Di"]
    assert mail.as_text([found]) == "Why (4)\nx@y.example\nwithout an address: c, Di\n"
