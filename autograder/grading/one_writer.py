"""A course has one writer at a time, its gradebook one engine."""

import contextlib
import fcntl
import functools
import os
import warnings
from collections.abc import Iterator

from nbgrader import api
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SAWarning

from autograder.course import Course, CourseError


@contextlib.contextmanager
def only_writer(course: Course) -> Iterator[None]:
    """Keep a second grading of this course out for as long as this one runs."""
    with open(course.home / ".grading.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CourseError(f"Another grading of this course is running ({lock.name} is locked).") from None
        yield


def check_unlocked(url: str) -> None:
    """OperationalError if another program holds the SQLite gradebook; nbgrader would speak of an upgrade."""
    file = make_url(url)
    if file.get_backend_name() == "sqlite" and file.database and os.path.exists(file.database):
        with api.create_engine(url).connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.rollback()


@contextlib.contextmanager
def one_engine() -> Iterator[None]:
    """Let nbgrader's gradebooks share one database engine: it makes one for every step of every notebook otherwise,
    and each compiles every statement anew, which takes longer than all the rest of its work."""
    create, api.create_engine = api.create_engine, functools.cache(api.create_engine)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=SAWarning, module="nbgrader")
            yield
    finally:
        api.create_engine = create
