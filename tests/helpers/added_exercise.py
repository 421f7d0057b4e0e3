"""An exercise that the course does not have: the module that knows it, and cells for a master notebook."""

NEW = """
from autograder.exercises.inputs import matrices
from autograder.exercises.model import Exercise

exercise = Exercise("gram_trace", matrices, parts=("gram_matrix",))


@exercise.mistake("sizes")
def mean_of_diagonal(F):
    \"\"\"You averaged the diagonal: the trace is its sum.\"\"\"
    return np.mean(np.sum(F * F, axis=1))


@exercise.variant
def sum_of_squares(F):
    return np.sum(F**2)
"""


def new_cell(grade_id, source, **marks):
    marks = {"grade": False, "solution": False, "locked": False, "schema_version": 3, "grade_id": grade_id, **marks}
    head = {"cell_type": "code", "id": grade_id, "metadata": {"nbgrader": marks}}
    return {**head, "source": source, "outputs": [], "execution_count": None}
