"""Submissions that aim at the person who reads them in formgrader: its buttons, its addresses, its patience."""

from autograder.rehearsal.attack.case import Draft, corpus

FIRST = "01_feature_maps"  # has a written answer, beside which formgrader puts its buttons
REFLECTION = "reflection_feature_maps"
case = corpus("adversarial")

# What formgrader's scripts and Bootstrap's bind: https://getbootstrap.com/docs/3.4/javascript
LAID_OVER = """
<div class="full-credit modal-backdrop fade">The Gram matrix forgets where.</div>
<p class="score" id="reflection_feature_maps">9</p> <span class="extra-credit mark-graded">9</span>
<b class="tabbable">Next</b>
<a class="help name-shown" data-toggle="collapse" data-target="body" href="#notebook">more</a>
<div class="modal in show" role="dialog" data-link="/x" data-dismiss="modal" onclick="window.fired = 'click'">x</div>
<img src="data:image/png;base64,iVBORw0KGgo=" class="full-credit" alt="a filter" width="3000" height="3000">
"""

CONFIGURATION = 'open("$bait/attack-$token-$case", "w")  # whoever loads this configuration runs it\n'

ADDRESSES = """
The address of formgrader is known; a relative one, and one that is on this page:
[the folder of another course]($formgrader/?path=submitted/$case/style_transfer)
[paper]($formgrader/manage_students/%22%3Bwindow.fired%3D1%2F%2F)
[page](/formgrader/api/students) [figure](../../api/students) <a href="//127.0.0.1:$port/$case">network</a>
"""


def write(draft: Draft, text: str) -> None:
    """Put the text into the written answer, if the notebook has one (`tests/browser`), or into a cell of its own."""
    if FIRST in draft.notebooks:
        draft.answer(REFLECTION, text)
    draft.add(text, before=None, kind="markdown")


@case()
def buttons_laid_over(draft: Draft):
    """The classes, ids and data of formgrader's own buttons, one of them laid invisibly over the whole page"""
    write(draft, LAID_OVER)


@case()
def addresses_of_formgrader(draft: Draft):
    """Links that make formgrader load a configuration handed in, or that carry a script back in its own page"""
    draft.aims.setdefault("formgrader", "http://127.0.0.1:8888/formgrader")
    write(draft, ADDRESSES)
    draft.files["nbgrader_config.py"] = draft.text(CONFIGURATION).encode()


@case()
def lost_attachment(draft: Draft):
    """A picture that is attached nowhere: the renderer of pages raises an error"""
    write(draft, "Look: ![my run](attachment:run.png)")


@case()
def endless_highlighting(draft: Draft):
    """Code over which a highlighter broods for minutes, as cells of its own and in languages of the author's choice"""
    for source in ("a." * 60_000, "match " + " " * 60_000, "1." * 60_000):
        draft.add(f"%%script true\n{source}", before=None)
    write(draft, "".join(f"```{language}\n{'a.' * 500}\n```\n" for language in ("python", "perl", "c++")))
