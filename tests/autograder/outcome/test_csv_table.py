"""Tables for spreadsheets: no cell computes anything, whichever command writes it."""

import csv
import re

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import ExportApp
from nbgrader.plugins import CsvExportPlugin

from autograder.outcome import csv_table, reflections, scores
from nst.errors import SaveError

TEXTS = ["=1+1", "+1", "-1", "@sum", "\t=1+1", "\r=1+1", "\n=1+1", "＝1+1", " =1+1"]
INSIDE = ["Ann;=1+1", "Ann;  =1+1;x", "Ann\t-1", "Ann\r\n@sum"]  # cells of their own in some languages
BEGIN = re.compile(r"[;\t\r\n]\s*[=+@＝＋－＠-]")


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_texts_that_could_be_formulas_are_quoted_and_numbers_stay(tmp_path):
    csv_table.write(tmp_path / "new" / "t.csv", ["text", "number"], [{"text": text, "number": -1.5} for text in TEXTS])
    rows = read(tmp_path / "new" / "t.csv")
    assert [row["text"].replace("'", "") for row in rows] == TEXTS, "and may be read"
    assert all(row["text"].strip().startswith("'") and row["number"] == "-1.5" for row in rows)


@pytest.mark.parametrize("text", INSIDE)
def test_a_text_is_no_formula_either_where_another_character_parts_the_cells(tmp_path, text):
    csv_table.write(tmp_path / "t.csv", ["text"], [{"text": text}])
    shown = read(tmp_path / "t.csv")[0]["text"]
    assert not BEGIN.search(shown) and shown.replace("'", "") == text


@pytest.mark.parametrize(
    "text", ["Ann-Lena", "a@b.c", "3 - 1 = 2", "wrong: style_loss, model", "https://x.org/?a=b;c=d"]
)
def test_ordinary_texts_stay(tmp_path, text):
    assert csv_table.harmless(text) == text


def test_half_a_character_costs_nobody_the_table(tmp_path):
    csv_table.write(tmp_path / "t.csv", ["text"], [{"text": "Ann\udce9"}])
    assert read(tmp_path / "t.csv") == [{"text": "Ann?"}]


@pytest.mark.parametrize("text", TEXTS)
def test_no_name_among_the_reflections_is_a_formula(tmp_path, text):
    rows = reflections.rows_of([reflections.Answer(text, text, text, "1", 7.0, None, True)], {text: [text]})
    reflections.write(tmp_path / "r.csv", rows, text)
    cells = [cell for row in read(tmp_path / "r.csv") for cell in row.values()]
    assert len(cells) == 6 and not [cell for cell in cells if cell.startswith(csv_table.FORMULAS)]


def name_students(gradebook, texts):
    """A student for each text, who is called so."""
    for number, text in enumerate(texts):
        gradebook.add_student(f"student{number}", first_name=text, last_name=text, email=text)


@pytest.mark.parametrize("lms", scores.COLUMNS)
def test_no_name_in_the_scores_is_a_formula(course, tmp_path, lms):
    with Gradebook(course.db_url) as gradebook:
        name_students(gradebook, TEXTS + INSIDE)
    scores.write(tmp_path / "scores.csv", scores.rows_of(course, lms))
    cells = [cell for row in read(tmp_path / "scores.csv") for cell in row.values()]
    assert sum("sum" in cell for cell in cells) >= 2
    assert not [cell for cell in cells if cell.startswith(csv_table.FORMULAS) or BEGIN.search(cell)]


def test_nbgraders_own_export_has_the_same_columns_and_no_formula(course, tmp_path):
    texts = [*TEXTS, *INSIDE, "Ann,,,,,,100"]
    with Gradebook(course.db_url) as gradebook:
        name_students(gradebook, texts)
        plugin = ExportApp(config=course.config).plugin_class(to=str(tmp_path / "grades.csv"))
        plugin.export(gradebook)
        CsvExportPlugin(to=str(tmp_path / "nbgrader.csv")).export(gradebook)
    rows = read(tmp_path / "grades.csv")
    assert ",".join(rows[0]) == (tmp_path / "nbgrader.csv").read_text().split("\n")[0]
    assert [(row["score"], None in row) for row in rows] == [("0.0", False)] * len(texts)
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(csv_table.FORMULAS) or BEGIN.search(cell)]


def test_a_table_that_cannot_be_written_leaves_the_old_one(tmp_path):
    path = tmp_path / "t.csv"
    csv_table.write(path, ["a"], [{"a": 1}])
    with pytest.raises(ValueError, match="b"):
        csv_table.write(path, ["a"], [{"b": 2}])
    with pytest.raises(SaveError):
        csv_table.write(tmp_path, ["a"], [])
    assert read(path) == [{"a": "1"}]
