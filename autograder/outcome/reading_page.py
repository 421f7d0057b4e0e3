"""The page on which written answers are read, beside formgrader and on the same server.

Formgrader has one box for points and no rubric, and shows everybody what others gave. Here each row of the rubric gets
its points, and what two readers give is kept apart until both are done. The server is Jupyter's: on this machine only,
with its login and, for what is sent, its token. The page works without its script, which adds sum, keys and formulas.
"""

import contextlib
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.server_extensions.formgrader.base import BaseHandler, check_notebook_dir
from sqlalchemy.exc import StatementError
from tornado import web

from autograder.course import Course, CourseError
from autograder.names import safe_name
from autograder.outcome import agreement, reading_desk, readings
from autograder.outcome.cleaning import safe_markdown
from autograder.outcome.pages import TEMPLATES
from autograder.outcome.reading_desk import Item
from autograder.outcome.reflections import link
from autograder.outcome.rubric import place_in_formgrader, rubric

FOLDER = TEMPLATES / "reading"
BUSY = (
    "The gradebook is busy: the class is being graded, or another program has it open. No points were changed. "
    "Go back, and try again in a moment: what you wrote is still there."
)


@pass_context
def _markdown(context: Context, source: str) -> Markup:
    return Markup(safe_markdown(context, source))


_environment = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined)
_environment.filters |= {"markdown": _markdown, "name": safe_name, "part": lambda text: quote(text, safe="")}


def _told(method: Callable) -> Callable:
    """The handler's method, for those who are logged in; what cannot be done is a page with a sentence."""

    @web.authenticated
    @check_notebook_dir
    @functools.wraps(method)
    def wrapper(self: "_Page", *parts: str) -> None:
        try:
            method(self, *parts)
        except (CourseError, OSError) as error:
            self.set_status(409)
            self.show("said.html.j2", title="That did not work", text=str(error))
        except StatementError:
            self.set_status(503)
            self.show("said.html.j2", title="That did not work", text=BUSY)

    return wrapper


class _Page(BaseHandler):
    """A page of readers: what it may load is said to the browser, too."""

    @property
    def content_security_policy(self) -> str:
        return (
            "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; font-src 'self'; img-src data:; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )

    @property
    def base_url(self) -> str:
        """Jupyter's own, with its last slash: without, as nbgrader has it, a login holds for one folder of pages."""
        return str(self.settings.get("base_url", "/"))

    @property
    def root(self) -> str:
        return self.base_url.rstrip("/")

    @property
    def course(self) -> Course:
        return Course(Path(self.coursedir.root))

    def show(self, template: str, **values: Any) -> None:
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Cache-Control", "no-store")
        page = _environment.get_template(template)
        self.finish(page.render(base=self.root, xsrf=Markup(self.xsrf_form_html()), link=link, resources={}, **values))

    def field(self, name: str) -> str:
        return self.get_body_argument(name, "").replace("\r\n", "\n")

    def reader(self, name: str, found: list[Item]) -> str:
        """The reader of that name. CourseError if nobody is called so."""
        if not any(name in item.readers for item in found):
            raise CourseError(f"Nobody is called {safe_name(name)!r} who has answers to read. Begin at the overview.")
        return name

    def show_answer(self, item: Item, reader: str, found: list[Item], *, together: bool) -> None:
        """The page of one answer: of one reader, or of all of them, to be settled."""
        answer = item.answer
        source, cell = readings.text_of(self.course, answer)
        with Gradebook(self.course.db_url) as gradebook:
            student = gradebook.find_student(answer.student)
            name = " ".join(filter(None, [safe_name(student.first_name), safe_name(student.last_name)]))
        comment = self.comment(item)
        state = self.state(item, reader, comment)
        own = item.given.get(reader)
        if together:
            comment = comment if not answer.waits else reading_desk.joined(item)
            first, *others = (item.given[each] for each in item.readers)
            rows: list[int | None] = [
                value if all(each.rows[number] == value for each in others) else None
                for number, value in enumerate(first.rows)
            ]
            points = first.points if item.agreed else None
        else:
            comment = own.comment if own else "" if item.shared else comment
            rows, points = list(own.rows) if own else [], own.points if own else answer.points
        wanted = [each for each in found if (each.to_settle if together else reader in each.readers)]
        beside = wanted.index(item) if item in wanted else 0
        self.show(
            "answer.html.j2",
            item=item,
            reader=reader,
            together=together,
            name=name,
            source=source,
            cell=cell,
            digest=readings.digest(source),
            state=state,
            longest=reading_desk.longest(item),
            words=len(source.split()),
            rubric=rubric(self.course, answer.notebook, answer.cell, answer.most),
            scheme=_scheme(self.course, answer),
            comment=comment,
            rows=rows,
            points=points,
            where=place_in_formgrader(self.course, answer.notebook, answer.cell),
            number=beside + 1,
            count=max(1, len(wanted)),
            before=wanted[beside - 1] if beside else None,
            after=wanted[beside + 1] if beside + 1 < len(wanted) else None,
        )

    def comment(self, item: Item) -> str:
        """The gradebook's comment on an answer."""
        answer = item.answer
        with Gradebook(self.course.db_url) as gradebook, contextlib.suppress(MissingEntry):
            place = (answer.cell, answer.notebook, self.course.assignment, answer.student)
            return gradebook.find_comment(*place).manual_comment or ""
        return ""

    def state(self, item: Item, reader: str, comment: str) -> str:
        """What marks are known by, to see that somebody else has given others: all of them where they are settled."""
        given = item.given.get(reader) if reader else item.given
        return readings.digest(repr((item.answer.points, item.answer.waits, comment, given)))

    def take(self, item: Item, reader: str = "") -> tuple[str, tuple[list[int], float], str]:
        """(digest of the answer, marks, comment) of a form. CourseError if answer or marks are others by now."""
        source, _ = readings.text_of(self.course, item.answer)
        if self.field("answer") != readings.digest(source):
            raise CourseError("The answer has changed since this page was opened. Nothing was saved: read it again.")
        answer, comment = item.answer, reading_desk.checked(self.field("comment").strip(), item)
        found = rubric(self.course, answer.notebook, answer.cell, answer.most)
        marks, now = reading_desk.marks(found, answer.most, self.field), self.comment(item)
        own = item.given.get(reader) if item.shared else None
        kept = (own.points, own.comment, own.rows) if own else (answer.points, now, marks[0])
        twice = kept == (marks[1], comment, marks[0])  # the button was pressed twice
        if self.field("state") != self.state(item, reader, now) and not twice:
            raise CourseError(
                "Somebody has given marks to this answer since this page was opened. Nothing was saved: go back for "
                "what you wrote, and open the answer anew."
            )
        return self.field("answer"), marks, comment

    def go_on(self, address: str) -> None:
        """To another page; formgrader, which keeps what it read, reads anew."""
        if gradebook := self.settings.get("nbgrader_gradebook"):
            gradebook.db.expire_all()
        self.redirect(self.root + address, status=303)


class Overview(_Page):
    """/reading/: who reads, and how far they are."""

    @_told
    def get(self) -> None:
        found = reading_desk.items(self.course)
        names = list(dict.fromkeys(name for item in found for name in item.readers))
        rows = [
            (name, [item for item in found if name in item.readers], sum(item.waits_for(name) for item in found))
            for name in sorted(names)
        ]
        alone = sum(item.answer.waits and not item.readers for item in found)
        self.show("overview.html.j2", rows=rows, open=sum(item.to_settle for item in found), alone=alone)


class Desk(_Page):
    """/reading/by/READER/: the answers of one reader."""

    @_told
    def get(self, reader: str) -> None:
        found = reading_desk.items(self.course)
        self.reader(reader, found)
        own = [item for item in found if reader in item.readers]
        self.show("desk.html.j2", reader=reader, items=own, next=next((i for i in own if i.waits_for(reader)), None))


class OneAnswer(_Page):
    """/reading/by/READER/NUMBER/CELL: one answer."""

    @_told
    def get(self, reader: str, number: str, cell: str) -> None:
        found, item = self._mine(reader, number, cell)
        self.show_answer(item, reader, found, together=False)

    @_told
    def post(self, reader: str, number: str, cell: str) -> None:
        found, item = self._mine(reader, number, cell)
        if item.shared and not item.answer.waits:
            raise CourseError('This answer is settled. To change its points, open it under "Read by several".')
        answer, marks, comment = self.take(item, reader)
        reading_desk.save(self.course, item, reader, answer, marks, comment)
        after = reading_desk.following(found, item, lambda each: each.waits_for(reader))
        self.go_on(link(reader, after.answer) if after else f"/reading/by/{quote(reader, safe='')}/")

    def _mine(self, reader: str, number: str, cell: str) -> tuple[list[Item], Item]:
        found = reading_desk.items(self.course)
        item = reading_desk.find(found, number, cell)
        if self.reader(reader, found) not in item.readers:
            raise CourseError(f"This answer is read by {' and '.join(item.readers)}, not by {reader}.")
        return found, item


class Together(_Page):
    """/reading/together/: what several have read: how far they agree, and what is to be settled."""

    @_told
    def get(self) -> None:
        found = [item for item in reading_desk.items(self.course) if item.complete]
        groups: dict[tuple[str, str], list[Item]] = {}
        for item in found:
            groups.setdefault((item.answer.notebook, item.answer.cell), []).append(item)
        tables = []
        for (notebook, cell), group in groups.items():
            rows = rubric(self.course, notebook, cell, group[0].answer.most).rows
            lines = agreement.by_row([item.given for item in group], len(rows))
            tables.append((notebook, cell, [(rows[int(line.what)], line) for line in lines]))
        pairs = agreement.between_readers([item.given for item in found])
        agreed = sum(item.to_settle and item.agreed for item in found)
        self.show("together.html.j2", items=found, pairs=pairs, tables=tables, agreed=agreed)

    @_told
    def post(self) -> None:
        reading_desk.settle_agreed(self.course, reading_desk.items(self.course))
        self.go_on("/reading/together/")


class Settle(_Page):
    """/reading/together/NUMBER/CELL: one answer that several have read."""

    @_told
    def get(self, number: str, cell: str) -> None:
        found, item = self._complete(number, cell)
        self.show_answer(item, "", found, together=True)

    @_told
    def post(self, number: str, cell: str) -> None:
        found, item = self._complete(number, cell)
        _, (rows, points), comment = self.take(item)
        readings.settle(self.course, item.answer, points, comment, readers=item.readers, rows=rows)
        after = reading_desk.following(found, item, lambda each: each.to_settle)
        there = f"{quote(after.answer.number, safe='')}/{quote(after.answer.cell, safe='')}" if after else ""
        self.go_on(f"/reading/together/{there}")

    def _complete(self, number: str, cell: str) -> tuple[list[Item], Item]:
        found = reading_desk.items(self.course)
        item = reading_desk.find(found, number, cell)
        if not item.complete:
            raise CourseError("Not all readers of this answer have given their marks yet.")
        return found, item


def _scheme(course: Course, answer: Any) -> str:
    from autograder.authoring.masters import Masters

    return Masters(course.masters).notebooks[answer.notebook].mark_schemes().get(answer.cell, "")


HANDLERS: list[tuple] = [
    (r"/reading", web.RedirectHandler, {"url": "reading/"}),
    (r"/reading/", Overview),
    (r"/reading/(reading\.js)", web.StaticFileHandler, {"path": str(FOLDER)}),
    (r"/reading/by/([^/]+)/", Desk),
    (r"/reading/by/([^/]+)/([^/]+)/([^/]+)", OneAnswer),
    (r"/reading/together/", Together),
    (r"/reading/together/([^/]+)/([^/]+)", Settle),
]
