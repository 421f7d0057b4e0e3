"""Broken submissions: cells that hang, die, flood or wait, before and after a solution cell, and in it.

The other exercise gets its due, and so does the one in whose cell nothing happens.
"""

from autograder.rehearsal.attack.case import Draft, corpus

case = corpus("structural")
RIGHT = "def gram_matrix(F):\n    return F @ F.T"
CELLS_THAT_END_THINGS = {
    "hangs": ("runs for ever", "while True:\n    pass"),
    "dies": ("kills the kernel", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"),
    "exits": ("exits", "import sys\nquit()\nsys.exit()\nimport os\nos._exit(0)"),
    "floods": ("prints without end", "while True:\n    print('x' * 10_000)"),
    "waits": ("waits for input", "name = input('Your name: ')"),
}


def _disturbed(name: str, idea: str, source: str) -> None:
    def before(draft: Draft):
        draft.add(source, before="gram_matrix")

    def after(draft: Draft):
        draft.add(source, before="test_gram_matrix")

    for place, build in (("before", before), ("after", after)):
        build.__name__, build.__doc__ = f"cell_{name}_{place}", f"A cell {place} the solution {idea}"
        case(small=name in ("hangs", "floods"))(build)


for _name, (_idea, _source) in CELLS_THAT_END_THINGS.items():
    _disturbed(_name, _idea, _source)


@case(gram_matrix=0, small=True)
def solution_cell_hangs(draft: Draft):
    """The solution cell itself runs for ever"""
    draft.answer("gram_matrix", "while True:\n    pass\n" + RIGHT)


@case(gram_matrix=0)
def solution_cell_dies(draft: Draft):
    """The solution cell itself kills the kernel"""
    draft.answer("gram_matrix", "import os\nos._exit(1)\n" + RIGHT)
