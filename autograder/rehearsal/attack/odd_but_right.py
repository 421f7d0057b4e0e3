"""Correct but odd: answers, habits and notebooks that stock graders trip over. All of them deserve all points."""

from autograder.rehearsal.attack.case import MAIN, NEXT, Draft, corpus

case = corpus("fair")


def answers(
    idea: str, name: str, source: str, exercise: str = "gram_matrix", notebooks: tuple[str, ...] = (MAIN,)
) -> None:
    """A case in which one solution cell holds `source`."""

    def build(draft: Draft):
        draft.answer(exercise, source)

    build.__name__, build.__doc__ = name, idea
    case(notebooks=notebooks)(build)


# --- habits ---

answers(
    "Raises warnings at every call",
    "warns",
    """
    import warnings
    def gram_matrix(F):
        warnings.warn("is this right?")
        warnings.warn("old", DeprecationWarning)
        return F @ F.T
    """,
)
answers(
    "Warnings of NumPy: a division by zero on the way",
    "numpy_warns",
    "def gram_matrix(F):\n    np.float64(1) / np.zeros(1)\n    return F @ F.T",
)
answers(
    "Logs to stderr",
    "logs",
    """
    import logging
    logging.basicConfig(level=logging.DEBUG)
    def gram_matrix(F):
        logging.error("computing %s", F.shape)
        return F @ F.T
    """,
)
answers(
    "Writes to stderr, from Python and from C",
    "c_level_stderr",
    """
    import os, sys
    def gram_matrix(F):
        print("hello", file=sys.stderr)
        os.write(2, b"a library says hello")
        return F @ F.T
    """,
)
answers("Prints a lot", "prints", "def gram_matrix(F):\n    for row in F:\n        print(row)\n    return F @ F.T")
answers(
    "Plots while computing",
    "plots",
    """
    import matplotlib.pyplot as plt
    def gram_matrix(F):
        plt.imshow(F @ F.T)
        plt.show()
        return F @ F.T
    """,
)
answers(
    "Imports what it likes, inside and outside",
    "extra_imports",
    """
    import itertools, math, collections, typing, functools
    from scipy import linalg
    import numpy
    def gram_matrix(F):
        import numpy as xp
        return xp.einsum("ik,jk->ij", F, F)
    """,
)
answers(
    "A helper function in the same cell",
    "helper_function",
    """
    def inner(a, b):
        return sum(x * y for x, y in zip(a, b))
    def gram_matrix(F):
        return np.array([[inner(a, b) for b in F] for a in F])
    """,
)
answers(
    "A class and its instance do the work",
    "helper_class",
    """
    class Gram:
        def __init__(self, scale=1): self.scale = scale
        def __call__(self, F): return self.scale * F @ F.T
    gram_matrix = Gram()
    """,
)
answers("A lambda", "a_lambda", "gram_matrix = lambda F: F @ F.T")
answers(
    "Type hints, default arguments, a long docstring",
    "type_hints",
    '''
    from __future__ import annotations
    def gram_matrix(F: np.ndarray, *, verbose: bool = False, **more) -> np.ndarray:
        """G.

        >>> gram_matrix(np.eye(2))
        """
        assert F.ndim == 2, "two axes, please"
        return F @ F.T
    ''',
)
answers(
    "A decorator from functools",
    "decorated",
    """
    import functools, time
    def timed(function):
        @functools.wraps(function)
        def wrapper(*args):
            start = time.time()
            answer = function(*args)
            print(time.time() - start)
            return answer
        return wrapper
    @timed
    def gram_matrix(F):
        return F @ F.T
    """,
)
answers(
    "Parameters with other names", "other_names", "def gram_matrix(features):\n    X = features\n    return X.dot(X.T)"
)
answers(
    "Slow loops over i, j and k",
    "slow_loops",
    """
    def gram_matrix(F):
        N, M = F.shape
        G = np.zeros((N, N))
        for i in range(N):
            for j in range(N):
                for k in range(M):
                    G[i, j] += F[i, k] * F[j, k]
        return G
    """,
)
answers("Line and cell magics", "magics", "%matplotlib inline\n!true\ndef gram_matrix(F):\n    return F @ F.T")
answers(
    "A random generator, threads and a timer in the function",
    "threads",
    """
    from concurrent.futures import ThreadPoolExecutor
    def gram_matrix(F):
        np.random.seed(0)
        with ThreadPoolExecutor(2) as pool:
            return np.array(list(pool.map(lambda row: F @ row, F)))
    """,
)
answers(
    "Complains on import, then works",
    "optional_import",
    """
    try:
        import cupy as xp
    except ImportError:
        xp = np
    def gram_matrix(F):
        return xp.matmul(F, xp.transpose(F))
    """,
)
answers(
    "np under another name, and np rebound",
    "np_rebound",
    "import numpy\ndef gram_matrix(F):\n    return numpy.asarray(F) @ numpy.asarray(F).T\nnp = None",
)

# --- answers ---

answers("Lists of lists", "returns_lists", "def gram_matrix(F):\n    return (F @ F.T).tolist()")
answers("Tuples of tuples", "returns_tuples", "def gram_matrix(F):\n    return tuple(map(tuple, F @ F.T))")
answers("float32", "returns_float32", "def gram_matrix(F):\n    F = F.astype(np.float32)\n    return F @ F.T")
answers("A matrix", "returns_matrix", "def gram_matrix(F):\n    F = np.asmatrix(F)\n    return F * F.T")
answers("A masked array", "returns_masked", "def gram_matrix(F):\n    return np.ma.masked_array(F @ F.T)")
answers(
    "Fortran order, read-only",
    "odd_layout",
    "def gram_matrix(F):\n    G = np.asfortranarray(F @ F.T)\n    G.flags.writeable = False\n    return G",
)
answers(
    "An array of objects that are numbers",
    "returns_objects",
    "def gram_matrix(F):\n    return (F @ F.T).astype(object)",
)
answers(
    "Big-endian longdouble", "returns_longdouble", "def gram_matrix(F):\n    return (F @ F.T).astype(np.longdouble)"
)
answers(
    "A tensor of a library, by __array__",
    "returns_tensor",
    """
    class Tensor:
        def __init__(self, data): self.data = data
        def __array__(self, dtype=None, copy=None): return np.array(self.data, dtype=dtype)
        def __matmul__(self, other): return Tensor(self.data @ other.data)
        @property
        def T(self): return Tensor(self.data.T)
    def gram_matrix(F):
        F = Tensor(np.asarray(F))
        return F @ F.T
    """,
)
answers(
    "An ordered dictionary",
    "returns_ordered_dict",
    """
    from collections import OrderedDict, defaultdict
    def gram_matrices(features):
        found = defaultdict(list)
        for layer, F in features.items():
            found[layer] = gram_matrix(F).tolist()
        return OrderedDict(sorted(found.items(), reverse=True))
    """,
    exercise="gram_matrices",
)
answers(
    "The second exercise does not use the first",
    "own_way",
    "def gram_matrices(features):\n    return {layer: np.inner(F, F) for layer, F in features.items()}",
    exercise="gram_matrices",
)
answers(
    "Not the Python float but NumPy's, as 0-d array",
    "zero_d",
    "def style_loss_layer(F, A):\n    return np.array(np.sum((F @ F.T - A) ** 2) / (4 * F.size**2))",
    "style_loss_layer",
    (NEXT,),
)

# --- notebooks ---


@case()
def global_constants(draft: Draft):
    """Constants and helpers in cells of the student's own, used by the function"""
    draft.add("SCALE = 1.0\ndef transpose(A):\n    return SCALE * A.T")
    draft.answer("gram_matrix", "def gram_matrix(F):\n    return F @ transpose(F)")


@case()
def helpers_below(draft: Draft):
    """The helper that a function calls is defined below it, as when cells were run out of order"""
    draft.answer("gram_matrix", "def gram_matrix(F):\n    return F @ transpose(F)")
    draft.add("def transpose(A):\n    return A.T", before=None)


@case()
def imports_below(draft: Draft):
    """The import that a solution cell needs stands in a later cell"""
    draft.answer("gram_matrix", "def gram_matrix(F):\n    return linalg.blas.dgemm(1.0, F, F, trans_b=True)")
    draft.add("from scipy import linalg", before=None)


@case()
def scratch_cells(draft: Draft):
    """Scratch cells with errors, unfinished loops and old attempts"""
    draft.add("F = undefined_name + 1")
    draft.add("def gram_matrix(F):\n    return F.T @ F  # first try", before="imports")
    draft.add("for i in range(3)\n    print(i)", before=None)
    draft.add("print(gram_matrix(np.eye(2)))\nassert False", before=None)


@case()
def executed_out_of_order(draft: Draft):
    """Execution counts, outputs, tags and a slide show's metadata from weeks of work"""
    for count, cell in enumerate(reversed(draft.cells)):
        cell["metadata"]["slideshow"] = {"slide_type": "skip"}
        cell["metadata"]["collapsed"] = True
        if cell["cell_type"] == "code":
            cell["execution_count"] = 7 * count + 1
            error = {"output_type": "error", "ename": "ValueError", "evalue": "old", "traceback": ["old"]}
            cell["outputs"] = [error, {"output_type": "stream", "name": "stderr", "text": ["a warning\n"]}]


@case(notebooks=(NEXT,))
def no_carry_over(draft: Draft):
    """The carry-over cell was left as it is, the exercises are right in themselves"""
    draft.unanswer("carry_04_style_loss")


@case(notebooks=(NEXT,))
def carry_over_deleted(draft: Draft):
    """The carry-over cell was deleted"""
    draft.cells.pop(draft.index("carry_04_style_loss"))


@case(notebooks=(NEXT,))
def wrong_carry_over(draft: Draft):
    """A wrong gram_matrix was carried over: it was paid for in its own notebook"""
    draft.answer("carry_04_style_loss", "def gram_matrix(F):\n    return F @ F.T / F.shape[1]")


@case()
def uses_the_network(draft: Draft):
    """A cell downloads, installs and uploads; grading goes on without"""
    draft.add("import urllib.request\nurllib.request.urlopen('http://127.0.0.1:9/data.csv', timeout=1)")
    draft.add("!pip install numpy --quiet --timeout 1 --retries 0", before=None)


@case()
def writes_files(draft: Draft):
    """Cells write and read files of their own"""
    draft.add("np.save('mine.npy', np.eye(2))\nopen('/tmp/notes', 'w').write('x')\nnp.load('mine.npy')")


@case()
def long_prose(draft: Draft):
    """Long notes, formulas, pictures and umlauts in many cells"""
    for number in range(60):
        draft.add(f"## Notiz {number}: Ä, 风格, $\\\\sum_k F_{{ik}}$\n\n" + "lorem ipsum " * 50, "imports", "markdown")
