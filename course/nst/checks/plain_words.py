"""Python's and NumPy's error messages in plain words: what to look at, where the message alone says little."""

import re

# Kinds of error ~ part of the message; below, what it means, where {0}, {1} are groups. The first that fits is said.
WORDS = r"""
ValueError ~ matmul: .*\(size (\d+) is different from (\d+)\)
    `@` needs as many columns on its left as rows on its right, and here they are {1} and {0}: is a matrix
    product meant, or `*`, entry by entry? If it is, write the shapes of both factors down
ValueError ~ shapes (\(.*?\)) and (\(.*?\)) not aligned
    a matrix product needs as many columns on its left as rows on its right, and here the shapes are {0} and
    {1}: is a matrix product meant, or `*`, entry by entry?
ValueError ~ matmul: .*does not have enough dimensions
    `@` is between arrays, `*` is with a single number
ValueError ~ could not be broadcast together with shapes (\(.*?\)) (\(.*?\))
    `+`, `-`, `*` and `/` go entry by entry and need equal shapes, and here they are {0} and {1}
ValueError ~ could not broadcast input array from shape (\(.*?\)) into shape (\(.*?\))
    what is written has the shape {0}, and the place for it {1}
ValueError ~ could not broadcast input array
    arrays that are laid side by side need equal shapes: print those of all of them
ValueError ~ slice step cannot be zero
    the third number of a slice is the step: -1 is backwards
ValueError ~ cannot reshape array of size (\d+) into shape (\(.*?\))
    {0} numbers do not fill the shape {1}
ValueError ~ not enough values to unpack|too many values to unpack
    there are more or fewer names on the left of `=` than values on the right: print what is unpacked, or its
    shape (a loop over a dict gives its keys; pairs are in `.items()`)
ValueError ~ truth value of an array
    `if`, `and`, `or`, `max` and `min` need one number, and this is an array
ValueError ~ inhomogeneous|with a sequence
    the entries have different shapes, or one is an array where a number is needed
ValueError ~ output array is read-only|assignment destination
    this array may not be written to: work on a copy
TypeError ~ only integer scalar arrays|only integers, slices
    the second argument of np.sum, np.mean and their like is an axis, not a second array; and an index must be
    a whole number
TypeError ~ only (?:length-1|0-dimensional|size-1) arrays can be converted
    one number is needed there, and this is an array
TypeError ~ bitwise_xor|for \^
    `^` is no power in Python: a square is written `** 2`
TypeError ~ unsupported operand .*'(dict|list)'
    that is a whole {0}: calculate with its entries, one by one
TypeError ~ unsupported operand .*'str'
    that is the name of a layer, a text: its matrix is what the dict holds under this name
TypeError ~ 'NoneType'
    something there is None: an argument that was left out, or the result of a function without `return`
TypeError ~ unhashable
    the key of a dict, or what is in a set, cannot be an array: is it the matrix where the name of its layer
    belongs?
TypeError ~ '(?:int|float)' object is not iterable|cannot unpack non-iterable (?:int|float)
    that is one number: a loop goes over a range, a list or a dict
TypeError ~ cannot be interpreted as an integer
    a whole number is needed there: `/` gives none, also where it comes out even
UFuncTypeError|UFuncNoLoopError|_UFuncNoLoopError ~ <U\d
    a text is among the numbers: the name of a layer where its matrix belongs?
TypeError ~ '(?:function|builtin_function_or_method|method)' object is not (?:subscriptable|iterable)
    a function is called with round brackets
TypeError ~ object is not callable
    round brackets call a function, and this is none: is a `*` missing, or a name used twice?
TypeError ~ positional argument|unexpected keyword|takes (?:no|exactly \w+) argument
    keep the arguments of the first line as the notebook has them, and call each function with as many as it
    has
TypeError ~ list indices|tuple indices
    a list is not indexed like an array or a dict
UFuncTypeError|UFuncOutputCastingError|_UFuncOutputCastingError ~ Cannot cast
    `-=`, `+=` and `/=` keep the type of the array on the left, whole numbers perhaps: write `a = a - b`
AttributeError ~ 'str' object
    that is the name of a layer, a text: its matrix is what the dict holds under this name
AttributeError ~ '(dict|list|tuple|float|int)' object
    that is a {0}, which has no such thing: what did you expect there?
AttributeError ~ 'numpy.ndarray' object has no attribute '(append|items|keys|values)'
    that is an array, and `{0}` is for a list or a dict: what did you expect there?
KeyError ~
    the dict has no such key: in a dict of your own an entry needs a first value (`.get(layer, 0)` begins with
    0); in an argument there may be other layers than you expect
IndexError ~ too many indices
    the array has fewer axes than you have given indices
IndexError ~ out of bounds|out of range
    the loop, or the index, goes too far: print the shape beside the range
UnboundLocalError ~
    the name gets its value inside a loop or an `if` that was not entered, or only later
NameError ~ name '(\w+)'
    nothing is called {0} where this line looks for it: a typing error, or a cell not yet run
RecursionError ~
    the function calls itself without end
SystemExit ~
    exit() and quit() end Python itself, take them out and use `return`
ZeroDivisionError ~
    what you divide by can be 0
MemoryError ~
    the array that is asked for is far too large: print the shapes on the way
"""
ROWS = re.findall(r"^(\S+) ~ ?(.*)\n((?: {4}.*\n)+)", WORDS, re.MULTILINE)


def of_error(kind: str, message: str) -> str:
    """`: what it means, in a clause` for an error of that kind with that message; empty where nothing is known."""
    for kinds, pattern, words in ROWS:
        if kind in kinds.split("|") and (found := re.search(pattern, message)):
            return f": {' '.join(words.split()).format(*found.groups())}"
    return ""
