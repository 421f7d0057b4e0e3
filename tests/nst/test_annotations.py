"""Every public function and method of nst says what it takes and gives."""

import functools
import importlib
import inspect
import pkgutil

import nst


def public_functions():
    """(name, function) of each, constructors included; what dataclasses write aside."""
    for found in pkgutil.walk_packages(nst.__path__, "nst."):
        module = importlib.import_module(found.name)
        for name, value in vars(module).items():
            if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
                continue
            members = vars(value) if inspect.isclass(value) else {"": value}
            for member, function in members.items():
                if isinstance(function, property | functools.cached_property | staticmethod | classmethod):
                    function = getattr(function, "fget", None) or getattr(function, "func", None) or function.__func__
                hidden = member.startswith("_") and member not in ("__init__", "__call__")
                if inspect.isfunction(function) and function.__module__ == module.__name__ and not hidden:
                    yield f"{module.__name__}.{name} {member}".strip(), function


def test_all_is_annotated():
    functions = dict(public_functions())
    bare = {}
    for name, function in functions.items():
        signature = inspect.signature(inspect.unwrap(function))
        parameters = [p for p in signature.parameters.values() if p.name not in ("self", "cls")]
        missing = [p.name for p in parameters if p.annotation is p.empty]
        if signature.return_annotation is signature.empty and not name.endswith(" __init__"):
            missing.append("return")
        if missing:
            bare[name] = missing
    assert len(functions) > 250, "the search did not see the package"
    assert not bare
