"""Command line of the instructor's side: `python -m autograder VERB`."""

import importlib
import sys

VERBS = {
    "grade": ("autograder.grading.command", "grade the submissions of a class, in parallel"),
    "grade-one": ("autograder.doors.command", "grade one submission for Gradescope, PrairieLearn, GitHub"),
    "pack": ("autograder.doors.pack", "make what is uploaded there"),
    "cluster-keys": ("autograder.grading.cluster_keys", "keys and certificates for a Dask cluster"),
    "log": ("autograder.grading.journal", "who changed which points, and when"),
    "release": ("autograder.authoring.release", "regenerate what students get"),
    "collect": ("autograder.intake.collect", "take submissions out of a zip from Canvas, Moodle, Gradescope"),
    "attempts": ("autograder.intake.attempts", "what a student handed in, and when: list, compare, restore"),
    "late": ("autograder.outcome.late", "set the deadline; late days and extensions"),
    "split": ("autograder.outcome.reflections", "share the reflections among readers"),
    "read": ("autograder.outcome.read", "read the reflections in the browser, by their rubric"),
    "formgrader": ("autograder.outcome.formgrader", "nbgrader's own pages in the browser"),
    "feedback-zips": ("autograder.outcome.feedback_zips", "feedback, a zip for each student"),
    "scores": ("autograder.outcome.scores", "points as CSV, in an LMS's columns"),
    "backup": ("autograder.outcome.backup", "everything personal of the course in one file"),
    "restore": ("autograder.outcome.restore", "put a backup back"),
    "forget": ("autograder.outcome.forget", "what is stored about a student; delete it"),
    "demo": ("autograder.rehearsal.demo", "stylise a picture and grade a sample class"),
    "report": ("autograder.outcome.report", "one page about the class"),
    "unexplained": ("autograder.outcome.unexplained", "wrong answers that no known mistake explains, grouped"),
    "similar": ("autograder.talk.similar", "what few hand-ins have in common, and how rare that is"),
    "viva": ("autograder.talk.viva", "questions on a student's own code, with the answers on a second page"),
    "synthetic": ("autograder.rehearsal.synthetic", "make a class of synthetic submissions"),
    "try": ("autograder.judging.trial", "what check and grade would say to one answer, or to a list"),
    "assess": ("autograder.authoring.assess", "how well the checks judge"),
    "attack": ("autograder.rehearsal.attack", "what hostile notebooks gain, against stock nbgrader"),
}


def main(argv: list[str] | None = None) -> int:
    """Run one verb; the exit code. 2: the command cannot be carried out as it was given."""
    argv = sys.argv[1:] if argv is None else argv
    if not argv or argv[0] in ("-h", "--help"):
        print("usage: python -m autograder VERB [options]\n")
        print("\n".join(f"  {verb:14} {text}" for verb, (_, text) in VERBS.items()))
        return 0 if argv else 2
    if argv[0] not in VERBS:
        print(f"unknown verb {argv[0]!r}; there are: {', '.join(VERBS)}", file=sys.stderr)
        return 2
    module = importlib.import_module(VERBS[argv[0]][0])
    from autograder.course import CourseError

    try:
        return module.main(argv[1:])
    except CourseError as error:
        print(f"autograder {argv[0]}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ninterrupted; the same command goes on from here", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
