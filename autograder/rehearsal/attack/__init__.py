"""Hostile, broken and odd submissions, built by code, and what they gain: `python -m autograder attack`.

case.py         what a case is: how to build the submission, and the outcome that it must have
adversarial.py  forged verdicts: patches, marks, outputs, messages; with answers.py (data, pages), secrets_and_links.py,
                files_and_network.py (writing, network, processes), exhaustion.py (time, memory)
structural.py   broken cells and marks; with damaged_files.py, and dying_cells.py (they hang, die, flood, wait)
odd_but_right.py  what costs honest students nothing
arena.py        a throw-away class around the cases; traps.py: canaries, listener, files, processes
control.py      the same cases through stock nbgrader; table.py: the one table
"""


def main(argv: list[str] | None = None) -> int:
    """The command; the exit code is 1 if any number of ours is not nought."""
    from autograder.rehearsal.attack.table import main

    return main(argv)
