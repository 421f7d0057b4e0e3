"""What few hand-ins share: found where it was planted, and nothing where people erred on their own."""

import random
import time

import pytest

from autograder.__main__ import main
from autograder.exercises import entry
from autograder.rehearsal.samples import hand_in, solved
from autograder.talk import similar
from autograder.talk.work import Work
from graded_class import grade

NAMES = ["gram_matrix", "style_loss_layer", "content_loss_layer", "style_gradient", "feature_matrix", "style_loss"]


def a_class(size, seed, copies=()):
    """(works, wrong): everybody errs in half of the exercises, each with a known mistake of their own choice."""
    rng = random.Random(seed)
    works, wrong = [], {}
    for number in range(size):
        work = Work(f"s{number:02}")
        wrong[work.student] = set()
        for name in NAMES:
            work.answers[name] = f"def {name}(*x):\n    return {name}.right(*x)"
            if rng.random() < 0.5:
                work.answers[name] = rng.choice(entry(name).mistakes).source
                wrong[work.student].add(name)
        works.append(work)
    for original, copy in copies:
        source, target = (next(work for work in works if work.student == name) for name in (original, copy))
        target.answers = {
            name: text.replace("F", "feats").replace("M", "width") for name, text in source.answers.items()
        }
        wrong[copy] = set(wrong[original])
    return works, wrong


def pairs(size, seed, copies=()):
    works, wrong = a_class(size, seed, copies)
    return [pair.students for pair in similar.findings(works, wrong, NAMES).pairs]


def test_planted_copies_are_found_in_spite_of_other_names():
    works, wrong = a_class(40, 3)
    most = sorted(wrong, key=lambda student: -len(wrong[student]))[0]
    copy = next(work.student for work in works if work.student != most)
    found = pairs(40, 3, [(most, copy)])
    assert tuple(sorted((most, copy))) in found and len(found) <= 2


def test_who_errs_alone_is_hardly_ever_named():
    """The limit is to be passed by chance in one class of twenty."""
    assert sum(bool(pairs(40, seed)) for seed in range(12)) <= 2


def test_right_answers_say_nothing():
    works, _ = a_class(20, 1)
    assert similar.findings(works, {}, NAMES).pairs == []


def shared(**lists):
    """(kind, students) of what these works share; lists: student -> {"comments": ..., ...}."""
    works = [Work(student, **given) for student, given in lists.items()]
    return [(each.what, each.students, each.texts[0]) for each in similar.findings(works, {}, NAMES).shared]


def test_a_long_comment_of_two_is_told_and_one_of_many_is_not():
    own = {"comments": ["transpose first, else the rows are mixed"]}
    assert shared(ann=own, ben={"comments": ["something else that is long"]}, cid=own) == [
        ("a comment", ("ann", "cid"), own["comments"][0])
    ]
    assert shared(**{f"s{i}": own for i in range(similar.FEW + 1)}) == []
    assert shared(ann={"comments": ["sum"]}, ben={"comments": ["sum"]}) == []


def test_many_comments_of_two_are_one_line_with_the_longest_first():
    own = {"comments": [f"comment {number} of {'very ' * number}many" for number in range(100)]}
    works = [Work("ann", **own), Work("ben", **own), Work("cid")]
    (found,) = similar.findings(works, {}, NAMES).shared
    assert (found.what, len(found.texts)) == ("a comment and 99 more", similar.SHOWN) and "comment 99" in found.texts[0]
    assert len(list(similar.told(similar.findings(works, {}, NAMES)))) == 1
    assert "80 more are not shown" in similar.html(similar.findings(works, {}, NAMES))


@pytest.mark.parametrize(
    "own",
    [
        {"reflections": {"r": "so it is " * 5_000}},
        {"cells": ["x = 1\n" * 100_000]},
        {"comments": [f"comment number {number}" for number in range(50_000)]},
        {"answers": {"gram_matrix": f"def gram_matrix(F):\n    return [{', '.join(map(str, range(30_000)))}]"}},
        {"answers": {"gram_matrix": "def gram_matrix(F):\n    return " + "-" * 50_000 + "1"}},
    ],
)
def test_the_work_of_two_costs_a_class_neither_minutes_nor_the_page(own):
    works, wrong = a_class(60, 1)
    works += [Work("ann", **own), Work("ben", **own)]
    started = time.monotonic()
    found = similar.findings(works, wrong | {name: {"gram_matrix"} for name in ("ann", "ben")}, NAMES)
    assert time.monotonic() - started < 20
    assert len(similar.html(found)) < 200_000 and len(list(similar.told(found))) < 20


def test_a_class_of_300_takes_seconds():
    works, wrong = a_class(300, 1)
    started = time.monotonic()
    similar.findings(works, wrong, NAMES)
    assert time.monotonic() - started < 20


def test_cells_and_orders_are_compared_without_their_blanks():
    cell = "for layer in features:\n    print(layer, features[layer].shape, features[layer].mean())"
    found = shared(
        ann={"cells": [cell], "orders": {"n": ("b", "a")}},
        ben={"cells": [cell.replace("    ", "\t")], "orders": {"n": ("b", "a")}},
    )
    assert [(kind, students) for kind, students, _ in found] == [
        ("a cell of their own", ("ann", "ben")),
        ("an order of cells", ("ann", "ben")),
    ]


def test_a_passage_of_a_reflection_is_told_whole_and_once():
    said = "In my run the fur came back first and the whiskers last, since they are thin."
    found = shared(
        ann={"reflections": {"r": f"Yes. {said} So it is."}},
        ben={"reflections": {"r": f"I think: {said.upper()}"}},
        cid={"reflections": {"r": "The eyes were there from the start, and nothing else was."}},
    )
    assert found == [
        (
            "words in a reflection",
            ("ann", "ben"),
            "in my run the fur came back first and the whiskers last since they are thin",
        )
    ]


def test_words_that_the_whole_class_repeats_are_not_shown_as_those_of_two():
    asked = "where did the style of the picture come from and where did it stay away, and why is that so"
    rare = "the cat kept its whiskers since nothing in the painting looks like them"
    class_ = {name: {"reflections": {"r": asked}} for name in ("cid", "dan", "eva", "fay")}
    found = shared(
        ann={"reflections": {"r": f"{asked} {rare}"}}, ben={"reflections": {"r": f"{asked} {rare}"}}, **class_
    )
    ((_, students, text),) = found
    assert students == ("ann", "ben") and text.endswith("looks like them") and "where did the style" not in text


def test_the_page_is_written_and_hostile_words_stay_words(course, monkeypatch, capsys):
    monkeypatch.setattr(similar, "Course", lambda: course)
    mark = "# <script>alert(1)</script> and more words"
    for student in ("ann", "ben"):
        hand_in(course, student, solved(course) | {"gram_matrix": f"{mark}\ndef gram_matrix(F):\n    return F @ F.T"})
    hand_in(course, "cid", solved(course))
    grade(course, "ann", "ben", "cid")
    assert main(["similar"]) == 0
    assert "ann and ben: a comment that 2 of 3 have" in capsys.readouterr().out
    page = (course.home / "report" / "similar.html").read_text()
    assert "never a proof" in page and "&lt;script&gt;" in page and "<script>" not in page


@pytest.mark.parametrize("students", [[], ["ann"]])
def test_one_alone_is_not_compared(course, monkeypatch, capsys, students):
    monkeypatch.setattr(similar, "Course", lambda: course)
    for student in students:
        hand_in(course, student, solved(course))
    assert main(["similar"]) == 2
    assert "nothing to compare" in capsys.readouterr().err
