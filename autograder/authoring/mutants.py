"""Small changes of a right answer, made by machine: wrong answers that nobody thought of.

`mutants` changes one place of a source at a time: an operator, a comparison, a number, a name of NumPy, a transpose, a
copy, a statement left out, two arguments swapped. Some change nothing that the exercise asks for: `EQUIVALENT`, with
the reason. All others have to be caught.
"""

import ast
import copy
import itertools
from collections.abc import Iterator

OPERATORS: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.MatMult: (ast.Mult, ast.Add),
    ast.Pow: (ast.Mult,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
NAMES = {
    "sum": ("mean", "prod", "max"),
    "sqrt": ("square", "abs"),
    "transpose": ("asarray",),
    "reshape": ("resize",),
    "items": ("values",),
    "isfinite": ("isnan", "isinf"),
    "zeros_like": ("ones_like",),
    "append": ("clear",),
}

# (exercise, what became of which line) -> why it is right all the same.
TURNED = "a product or a square is the same from both sides"
COPIED = "gradient_step makes a new picture, so that none is ever written to"
EQUIVALENT = {
    ("feature_matrix", "return np.resize(activation, (H * W, N)).T"): "np.resize to the same number is np.reshape",
    ("inner_product", "return np.sum(np.multiply(P, F))"): TURNED,
    ("feature_distance", "D = np.subtract(P, F)"): TURNED,
    ("content_loss_layer", "return 0.5 * np.sum((P - F) ** 2)"): TURNED,
    (
        "content_loss",
        "return sum((content_loss_layer(P, features_x[layer]) for layer, P in features_p.items()))",
    ): TURNED,
    ("style_loss_layer", "return np.sum((A - gram_matrix(F)) ** 2) / (4 * N ** 2 * M ** 2)"): TURNED,
    ("style_loss_layer", "M, N = np.shape(F)"): "only the product of the two squares is used",
    ("style_gradient", "M, N = np.shape(F)"): "only the product of the two squares is used",
    ("style_transfer", "x = x0"): COPIED,
    ("style_transfer", "best_image, best_loss, losses = (x, np.inf, [])"): COPIED,
    ("style_transfer", "best_image, best_loss = (x, float(loss))"): COPIED,
    ("style_transfer", "best_image, best_loss = (x.copy(), loss)"): "any type of number is accepted",
    ("style_transfer", "losses.append(loss)"): "any type of number is accepted",
    ("style_transfer", "if loss < best_loss:"): "no loss below infinity is not finite: minus infinity is never tried",
}


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """(name, source) of every change of one place; names tell the line that came out, and are different."""
    plain = without_docstrings(source)
    seen = {plain}
    for place, node in enumerate(ast.walk(ast.parse(plain))):
        for change in _changes(node):
            changed = ast.parse(plain)  # sooner done than a deep copy
            other = next(itertools.islice(ast.walk(changed), place, None))
            change(other)
            text = ast.unparse(ast.fix_missing_locations(changed))
            if text not in seen and _compiles(text):
                seen.add(text)
                yield _told(plain, text), text + "\n"


def without_docstrings(source: str) -> str:
    """This code as Python writes it, without what nobody runs. What `ast` raises where it is no Python, or too deep."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
            del node.body[0]
    return ast.unparse(tree)


def _changes(node):
    """Functions that change this node in place."""
    if isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign):
        for operator in OPERATORS.get(type(node.op), ()):
            yield lambda n, operator=operator: setattr(n, "op", operator())
    if isinstance(node, ast.BoolOp):
        for place in range(len(node.values)):
            yield lambda n, place=place: n.values.pop(place)
    if isinstance(node, ast.BinOp):
        if not isinstance(node.op, ast.Mult | ast.Add):
            yield lambda n: _swap(n, "left", "right")
        yield from (lambda n, side=side: _becomes(n, getattr(n, side)) for side in ("left", "right"))
    if isinstance(node, ast.Compare):
        for operator in OPERATORS.get(type(node.ops[0]), ()):
            yield lambda n, operator=operator: n.ops.__setitem__(0, operator())
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        for value in (node.value + 1, node.value - 1, 2 * node.value, -node.value):
            yield lambda n, value=value: setattr(n, "value", value)
    if isinstance(node, ast.Attribute):
        for name in NAMES.get(node.attr, ()):
            yield lambda n, name=name: setattr(n, "attr", name)
        if node.attr == "T":
            yield lambda n: _becomes(n, n.value)
    if isinstance(node, ast.UnaryOp):
        yield lambda n: _becomes(n, n.operand)
    if isinstance(node, ast.Tuple) and len(node.elts) > 1:
        yield lambda n: n.elts.reverse()
    if isinstance(node, ast.Call):
        yield from _changed_calls(node)
    yield from _left_out(node)


def _changed_calls(node):
    if len(node.args) > 1:
        yield lambda n: n.args.reverse()
    if node.args:
        yield lambda n: _becomes(n, n.args[0])  # the call is left out
    elif isinstance(node.func, ast.Attribute):
        yield lambda n: _becomes(n, n.func.value)


def _left_out(node):
    """Each statement of a block left out, or moved out of a loop."""
    if isinstance(node, ast.Module):
        return
    for block in ("body", "orelse"):
        statements = getattr(node, block, None)
        if not isinstance(statements, list):
            continue
        for place, statement in enumerate(statements):
            if not isinstance(statement, ast.Pass):
                yield lambda n, block=block, place=place: getattr(n, block).__setitem__(place, ast.Pass())
        for place, statement in enumerate(statements[1:], 1):
            if isinstance(statement, ast.Return) and isinstance(statements[place - 1], ast.For):
                yield lambda n, block=block, place=place: _into_loop(getattr(n, block), place)


def _into_loop(statements, place):
    statements[place - 1].body.append(statements.pop(place))


def _swap(node, one, other):
    first, second = getattr(node, one), getattr(node, other)
    setattr(node, one, second)
    setattr(node, other, first)


def _becomes(node, other):
    """Turn a node into another one, in place."""
    replacement = copy.deepcopy(other)
    node.__class__ = replacement.__class__
    node.__dict__.clear()
    node.__dict__.update(replacement.__dict__)


def _compiles(text):
    try:
        compile(text, "mutant", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def _told(source, text):
    """The lines that are new, or `without` the one that is gone."""
    before, after = source.splitlines(), text.splitlines()
    new = [line.strip() for line in after if line not in before]
    gone = [line.strip() for line in before if line not in after]
    return "; ".join(n for n in new if n != "pass") or f"without {'; '.join(gone)}"
