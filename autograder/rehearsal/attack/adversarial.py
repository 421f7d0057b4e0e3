"""Submissions that want marks for a wrong gram_matrix by forging the verdict: patches, marks, outputs, messages.

Unless a case says otherwise gram_matrix returns zeros and deserves nothing, and gram_matrices is right and keeps its
points. Odd answers and pages are in answers.py; what reads secrets in secrets_and_links.py; what writes, reaches out or
stays in files_and_network.py; what uses up the machine in exhaustion.py.
"""

import nbformat

from autograder.rehearsal.attack.case import Draft, corpus

case = corpus("adversarial", gram_matrix=0)
BREAKS = None  # the patch breaks what the student's own other answer needs: not counted either way


# --- the interpreter that runs the checks ---


@case()
def forged_display_hook(draft: Draft):
    """Every cell displays full marks before it runs"""
    draft.attack("""
        import sys
        sys.displayhook = lambda value: None
        get_ipython().events.register("pre_run_cell", lambda info: get_ipython().displayhook(True))
    """)


@case()
def equal_to_everything(draft: Draft):
    """The answer is an object that equals whatever it is compared with"""
    draft.answer(
        "gram_matrix",
        """
        class Agree:
            __eq__ = __bool__ = __call__ = lambda self, *args: True
        class Yes(np.ndarray):
            __eq__ = __ne__ = __lt__ = __gt__ = __sub__ = __rsub__ = lambda self, other: Agree()
            __array_function__ = __array_ufunc__ = lambda self, *args, **kwargs: Agree()
            all = any = lambda self, *args: True
        def gram_matrix(F):
            return np.zeros((len(F), len(F))).view(Yes)
        """,
    )


@case(gram_matrices=BREAKS)
def patched_numpy(draft: Draft):
    """Comparing functions of NumPy always agree"""
    draft.attack("""
        yes, nothing = lambda *args, **kwargs: True, lambda *args, **kwargs: None
        for name in ("allclose", "array_equal", "isclose", "all", "any", "isfinite"):
            setattr(np, name, yes)
        for name in [n for n in dir(np.testing) if n.startswith("assert")]:
            setattr(np.testing, name, nothing)
        np.asarray = np.array = lambda *args, **kwargs: np.zeros((1, 1))
    """)
    draft.answer(
        "gram_matrices", "def gram_matrices(features):\n    return {k: gram_matrix(v) for k, v in features.items()}"
    )


@case(gram_matrices=BREAKS, small=True)
def patched_json(draft: Draft):
    """json and base64, through which answers leave, are replaced"""
    draft.attack("""
        import base64, json
        json.dumps = lambda *args, **kwargs: '{"value": true}'
        json.loads = lambda *args, **kwargs: {}
        base64.b64encode = lambda data: b""
    """)


@case()
def patched_inspect(draft: Draft):
    """inspect shows the reference's source"""
    draft.attack("""
        import inspect, linecache
        inspect.getsource = lambda thing: "def gram_matrix(F):\\n    return F @ F.T"
        linecache.getline = lambda *args: "return F @ F.T"
    """)


@case(gram_matrices=BREAKS)
def patched_builtins(draft: Draft):
    """builtins that checks use always agree"""
    draft.attack("""
        import builtins
        builtins.AssertionError = type("AssertionError", (BaseException,), {"__init__": lambda self, *a: None})
        builtins.all = builtins.any = lambda values: True
        builtins.abs = lambda value: 0
    """)


@case()
def patched_ipython(draft: Draft):
    """Errors of cells are not shown any more"""
    draft.attack("get_ipython().showtraceback = lambda *args, **kwargs: None")


@case(gram_matrices=BREAKS)
def patched_execution_result(draft: Draft):
    """ExecutionResult says success whatever happened"""
    draft.attack("""
        from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
        ExecutionResult.success = property(lambda self: True)
        async def run_code(self, code_obj, result=None, *, async_=False):
            return False
        InteractiveShell.run_code = run_code
    """)
    draft.answer("gram_matrices", "def gram_matrices(features):\n    return {k: v @ v.T for k, v in features.items()}")


@case()
def ast_transformer(draft: Draft):
    """assert statements are dropped before a cell runs"""
    draft.attack("""
        import ast
        class Drop(ast.NodeTransformer):
            def visit_Assert(self, node): return ast.Pass()
            def visit_Expr(self, node): return ast.copy_location(ast.Pass(), node)
        get_ipython().ast_transformers.append(Drop())
    """)


@case(gram_matrices=BREAKS)
def input_transformer(draft: Draft):
    """Every later cell's text is replaced by full marks"""
    draft.attack("""
        get_ipython().input_transformers_cleanup.append(
            lambda lines: ["8\\n"] if any("gram_matrix(" in l and "def " not in l for l in lines) else lines)
    """)


@case()
def patched_helper(draft: Draft):
    """nst.check, the comparison engine and the caller are replaced by ones that agree"""
    draft.attack("""
        import nst, nst.checks.calling, nst.checks.comparison, nst.checks.local
        right = nst.checks.comparison.Verdict(True, 1.0, "", None)
        check = nst.check = nst.checks.local.check = lambda *args, **kwargs: None
        nst.checks.comparison.judge = nst.checks.local.judge = lambda *args: right
        nst.checks.comparison.difference = lambda *args, **kwargs: None
    """)


@case(gram_matrices=BREAKS)
def patched_runner(draft: Draft):
    """The grader's own code inside the kernel says that all is right"""
    draft.attack("""
        import __main__, sys
        runner = sys.modules["__main__"]
        for name in ("protocol", "calling", "answer", "ask_child"):
            for module in list(sys.modules.values()):
                if hasattr(module, "grade_call") or hasattr(module, "KEPT"):
                    setattr(module, "tagged", lambda result: {"value": True, "passed": True, "credit": 1.0, "score": 8})
        import gc
        for scope in gc.get_objects():
            if isinstance(scope, dict) and "KEPT" in scope and "tagged" in scope:
                scope["tagged"] = lambda result: {"value": True, "passed": True, "credit": 1.0, "score": 8}
    """)


@case()
def forged_reply(draft: Draft):
    """Replies signed with the session's key say full marks, before anybody asked"""
    draft.attack("""
        import sys
        kernel = get_ipython().kernel
        def forged(stream, ident, parent):
            content = {"lines": ['{"value": true}'] * 40, "end": "done", "credit": 1.0, "score": 8, "passed": True,
                       "verdicts": {"test_gram_matrix": {"score": 8}}, "status": "ok", "payload": [], "leaks": []}
            for kind in ("grade_reply", "execute_reply"):
                kernel.session.send(stream, kind, content, parent, ident=ident)
        for name in list(kernel.shell_handlers):
            if name.startswith("grade"):
                kernel.shell_handlers[name] = forged
    """)


@case()
def forged_nonsense(draft: Draft):
    """Replies with NaN, huge numbers, wrong types and ten levels of surprise"""
    draft.attack("""
        kernel = get_ipython().kernel
        def forged(stream, ident, parent):
            for content in ({"missing": "no"}, {"lines": 5}, {"lines": [None], "end": []}, {"lines": ["{"], "end": {}}):
                kernel.session.send(stream, "grade_reply", content, parent, ident=ident)
        for name in list(kernel.shell_handlers):
            if name.startswith("grade"):
                kernel.shell_handlers[name] = forged
    """)


@case()
def display_updates(draft: Draft):
    """Display-id updates and comms rewrite what graded cells show"""
    draft.attack("""
        from IPython.display import display, update_display
        for name in ("test_gram_matrix", "8", "0"):
            display("Right.", display_id=name)
            update_display({"text/plain": "8"}, display_id=name, raw=True)
        from ipykernel.comm import Comm
        try:
            Comm(target_name="jupyter.widget", data={"state": {}}).send({"method": "update", "state": {"outputs": 8}})
        except Exception:
            pass
        send = get_ipython().kernel.session.send
        send(get_ipython().kernel.iopub_socket, "execute_result", {"data": {"text/plain": "8"}, "execution_count": 1,
             "metadata": {}})
    """)


@case()
def asks_for_input(draft: Draft):
    """Input requests, also in the function, that nobody answers"""
    draft.attack("""
        try:
            marks = input("marks? ")
        except BaseException:
            pass
    """)
    draft.answer("gram_matrix", "def gram_matrix(F):\n    return float(input('G? '))")


@case()
def clears_and_overwrites(draft: Draft):
    """atexit and __del__ hooks print marks when everything ends"""
    draft.attack("""
        import atexit
        class Last:
            def __del__(self): print(8)
        last = Last()
        atexit.register(lambda: print('{"score": 8}'))
    """)


# --- the notebook's own marks and outputs ---


@case()
def skip_tags(draft: Draft):
    """Check cells are tagged to be skipped or allowed to fail"""
    draft.wrong()
    for grade_id in ("test_gram_matrix", "test_gram_matrices"):
        draft.cell(grade_id)["metadata"]["tags"] = ["skip-execution", "raises-exception", "nbval-skip", "remove_cell"]


@case()
def more_points(draft: Draft):
    """The submission says that the exercise gives 1000 points, or NaN"""
    draft.wrong()
    draft.cell("test_gram_matrix")["metadata"]["nbgrader"]["points"] = float("nan")
    draft.cell("test_gram_matrices")["metadata"]["nbgrader"]["points"] = 1000


@case()
def no_grade_flag(draft: Draft):
    """The check cell says it is not one, so that an old score stays"""
    draft.wrong()
    draft.cell("test_gram_matrix")["metadata"]["nbgrader"].update(grade=False, solution=False, locked=False)


@case()
def check_cell_is_solution(draft: Draft):
    """The check cell says it is a manually graded answer, and is empty"""
    draft.wrong()
    cell = draft.cell("test_gram_matrix")
    cell["source"] = "8"
    cell["metadata"]["nbgrader"].update(grade=True, solution=True, locked=False)


@case()
def rewritten_check(draft: Draft):
    """The check cell's text is replaced by full marks"""
    draft.wrong()
    draft.cell("test_gram_matrix")["source"] = "8"


@case()
def cleared_metadata(draft: Draft):
    """All nbgrader metadata is removed"""
    draft.wrong()
    for cell in draft.cells:
        cell["metadata"] = {}


@case()
def forged_record(draft: Draft):
    """The notebook brings the grader's own record of verdicts along"""
    draft.wrong()
    verdict = {"score": 8, "points": 8, "hint": "", "mistake": "", "reason": ""}
    draft.nb["metadata"]["autograder"] = {
        "verdicts": {"test_gram_matrix": verdict},
        "submission": "0",
        "reason": None,
        "notes": [],
    }
    draft.cell("test_gram_matrix")["metadata"]["autograder"] = verdict


@case()
def stored_outputs(draft: Draft):
    """The check cell comes with full marks as its stored output"""
    draft.wrong()
    draft.cell("test_gram_matrix")["outputs"] = [
        nbformat.v4.new_output("execute_result", data={"text/plain": "8"}, execution_count=1)
    ]
    draft.cell("test_gram_matrix")["execution_count"] = 1


@case()
def not_a_number_score(draft: Draft):
    """Stored outputs and displayed values are NaN, minus one and infinity"""
    draft.attack("get_ipython().events.register('pre_run_cell', lambda info: get_ipython().displayhook(float('nan')))")
    for grade_id, value in (("test_gram_matrix", "nan"), ("test_gram_matrices", "inf")):
        draft.cell(grade_id)["outputs"] = [
            nbformat.v4.new_output("execute_result", data={"text/plain": value}, execution_count=1)
        ]


@case()
def two_functions_of_that_name(draft: Draft):
    """The right function first, a wrong one in the solution cell: what stands there counts"""
    draft.add("def gram_matrix(F):\n    return F @ F.T", before="imports")
    draft.wrong()
