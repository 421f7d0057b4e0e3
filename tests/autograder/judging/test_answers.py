"""Reading a sandbox's replies: values, markers, arguments, and no word that could carry an input out."""

import numpy as np
import pytest

from autograder.judging.answers import read_answer, read_answers, read_error, same
from autograder.sandbox.kernel import KernelDead
from nst.checks.comparison import Case
from nst.checks.markers import Missing, NotSerialisable, Raised, TimedOut

NO_DATA = NotSerialisable("something that is not plain data")
KNOWN = "def f(F):\n    x = G(F)\nclass Own: pass\nblock1_conv1"
CASES = [Case(({"block1_conv1": np.ones(2)}, 0.5), 1.0)] * 2
SPELT = "\u4e2d\u6587"


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"lines": None},
        {"lines": "ab"},
        {"lines": [1]},
        {"lines": [["x"]]},
        {"lines": ["1"] * 7},
        {"missing": "yes"},
    ],
    ids=str,
)
def test_a_reply_of_another_form_is_not_read(reply):
    with pytest.raises(KernelDead):
        read_answers(reply, CASES, 1.0, "")


@pytest.mark.parametrize(
    ("end", "marker"),
    [("time", TimedOut(1.0)), ("size", NotSerialisable("far too much data")), ("died", Missing()), (["x"], Missing())],
)
def test_calls_without_an_answer_are_marked(end, marker):
    none = (Missing(), Missing(), None)
    assert read_answers({"lines": [], "end": end}, CASES, 1.0, "") == [(marker, Missing(), None), none]
    lines = ['{"value":1}']
    assert read_answers({"lines": lines, "end": end}, CASES, 1.0, "") == [(1, marker, None), none]
    lines = ['{"value":1}', '{"value":2}', '{"arguments":[true,true]}']
    first, second = read_answers({"lines": lines, "end": end}, CASES, 1.0, "")
    assert first == (1, 2, CASES[0].args) and second == (marker, Missing(), None)


@pytest.mark.parametrize(
    ("told", "arguments"),
    [
        ('{"arguments":[true,{"value":2.5}]}', (CASES[0].args[0], 2.5)),
        ('{"arguments":[{"value":{"d":[["block1_conv1",1],["x0",2]]}},true]}', ({"block1_conv1": 1, "...": 2}, 0.5)),
        ('{"arguments":[true,{"odd":"whatever"}]}', (CASES[0].args[0], NO_DATA)),
        ('{"arguments":[true,{"value":{"toy":[]}}]}', (CASES[0].args[0], NO_DATA)),
        ('{"arguments":[true,7]}', (CASES[0].args[0], NO_DATA)),
        ('{"arguments":[true]}', None),
        ('{"arguments":7}', None),
        ('{"value":1}', None),
        ("[]", None),
        ("nonsense", None),
    ],
)
def test_arguments_are_told_or_not(told, arguments):
    reply = {"lines": ['{"value":1}', '{"value":1}', told], "end": "died"}
    assert read_answers(reply, CASES, 1.0, "")[0][2] == arguments


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ('{"value":2.5}', 2.5),
        ('{"value":{"d":[["a 0.125 b",1]]}}', {"...": 1}),
        ('{"value":{"d":[["block1_conv1",1],[0,2],[100,3],["x",4]]}}', {"block1_conv1": 1, 0: 2, "...": 3, "x": 4}),
        (f'{{"value":{{"d":[["{SPELT}",1]]}}}}', {"...": 1}),
        (f'{{"value":{{"t":["{SPELT}",{{"d":[["{SPELT}","x"]]}}]}}}}', ("...", {"...": "x"})),
        ('{"value":{"a":["<f8",[12345,0],""]}}', NotSerialisable("an empty array")),
        ('{"value":{"l":[{"a":["<f8",[0,1,1,1],""]}]}}', [NotSerialisable("an empty array")]),
        ('{"odd":"a generator"}', NotSerialisable("a generator")),
        ('{"odd":"a dict with odd keys"}', NotSerialisable("a dict with odd keys")),
        ('{"odd":"an Own"}', NotSerialisable("an Own")),
        ('{"odd":"a Another"}', NO_DATA),
        (f'{{"odd":"a {SPELT}"}}', NO_DATA),
        ('{"odd":"a <script>"}', NO_DATA),
        ('{"odd":["a"]}', NO_DATA),
        ('{"raised":["ValueError","m\\u0000\\n<b>","line 2: x = G(F)"]}', Raised("ValueError", "", "line 2: x = G(F)")),
        ('{"raised":["Own","","line 2: not in the notebook"]}', Raised("Own", "", "")),
        ('{"raised":["Other","",": x = G(F)"]}', Raised("an error", "", "")),
        (f'{{"raised":["{SPELT}","{SPELT}","line 2: {SPELT}"]}}', Raised("an error", "", "")),
        ('{"raised":["E2.375 -1.5","it is 0.25","line 2: x = G(F)"]}', Raised("an error", "", "line 2: x = G(F)")),
        ('{"raised":["E"]}', NO_DATA),
        ('{"raised":[1,2,3]}', NO_DATA),
        ('{"value":1,"odd":"a x"}', NO_DATA),
        ("[]", NO_DATA),
        ("nonsense", NO_DATA),
    ],
)
def test_one_line_is_one_value_or_marker(line, answer):
    assert read_answer(line, KNOWN) == answer


def test_an_empty_array_of_a_small_shape_stays_what_it_is():
    assert read_answer('{"value":{"a":["<f8",[5,0],""]}}', KNOWN).shape == (5, 0)


@pytest.mark.parametrize(
    ("kind", "message", "told"),
    [
        ("NameError", "name 'G' is not defined. Did you mean: 'F'?", "name 'G' is not defined"),
        ("NameError", f"name '{SPELT}' is not defined", ""),
        ("ModuleNotFoundError", "No module named 'Own'", "No module named 'Own'"),
        ("AttributeError", "'ndarray' object has no attribute 'G'", "'ndarray' object has no attribute 'G'"),
        ("AttributeError", f"'{SPELT}' object has no attribute 'G'", ""),
        ("SyntaxError", "invalid syntax (123.py, line 3)", "invalid syntax in line 3"),
        ("SyntaxError", "expected ':' (<string>, line 12)", "expected ':' in line 12"),
        ("SyntaxError", f"{SPELT} (123.py, line 3)", "line 3"),
        ("SyntaxError", SPELT, ""),
        ("ValueError", "matmul: a mismatch of 5 and 7", ""),
    ],
)
def test_of_a_message_only_the_name_that_it_is_about_is_repeated(kind, message, told):
    assert read_error(kind, message, "", KNOWN) == Raised(kind, told)


def test_values_of_any_kind_can_be_compared():
    odd = [None, "text", {"a": 1}, [1, [2]], float("nan"), [[None]], {"a": None}, 10**400, b"x", np.ones(3)]
    for one in odd:
        assert not same(one, 3.0) and not same(3.0, one)
    assert same(None, None) and same(float("nan"), float("nan"))
    assert not any(same(one, other) for place, one in enumerate(odd) for other in odd[:place])
