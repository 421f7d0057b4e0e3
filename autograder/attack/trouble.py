"""Notebooks with cells that hang, die, flood or wait, before and after the solution cell, and in it."""

from autograder.rehearsal.attack.case import Draft, corpus
from autograder.rehearsal.attack.structural import RIGHT

case = corpus("structural")

TROUBLE = {
    "hangs": ("runs for ever", "while True:\n    pass"),
    "dies": ("kills the kernel", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"),
    "exits": ("exits", "import sys\nquit()\nsys.exit()\nimport os\nos._exit(0)"),
    "floods": ("prints without end", "while True:\n    print('x' * 10_000)"),
    "waits": ("waits for input", "name = input('Your name: ')"),
}


def _trouble(name: str, idea: str, source: str) -> None:
    def before(draft: Draft):
        draft.add(source, before="gram_matrix")

    def after(draft: Draft):
        draft.add(source, before="test_gram_matrix")

    for place, build in (("before", before), ("after", after)):
        build.__name__, build.__doc__ = f"cell_{name}_{place}", f"A cell {place} the solution {idea}"
        case(small=name in ("hangs", "floods"))(build)


for _name, (_idea, _source) in TROUBLE.items():
    _trouble(_name, _idea, _source)


@case(gram_matrix=0, small=True)
def solution_cell_hangs(draft: Draft):
    """The solution cell itself runs for ever"""
    draft.answer("gram_matrix", "while True:\n    pass\n" + RIGHT)


@case(gram_matrix=0)
def solution_cell_dies(draft: Draft):
    """The solution cell itself kills the kernel"""
    draft.answer("gram_matrix", "import os\nos._exit(1)\n" + RIGHT)
