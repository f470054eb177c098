"""Makes test classes of the base classes in dbt-tests-adapter, as an adapter's own repository would write by hand."""

import importlib
import inspect
from pathlib import Path

import dbt.tests.adapter


def suite(area, **overrides):
    """`Test…` classes for every class with tests in `dbt/tests/adapter/<area>`.

    An override is a class by the name of the base class; it takes precedence, so that it can replace fixtures.
    """
    made = {}
    for module in modules_of(area):
        for name, base in vars(module).items():
            if not inspect.isclass(base) or base.__module__ != module.__name__ or not has_tests(base):
                continue
            if is_bare_copy(base):
                continue
            mixin = overrides.pop(name, None)
            made[f"Test_{name}"] = type(f"Test_{name}", (mixin, base) if mixin else (base,), {"__module__": f"test_{area}"})
    assert not overrides, f"no such class in {area}: {', '.join(overrides)}"
    return made


def modules_of(area):
    for root in dbt.tests.adapter.__path__:
        folder = Path(root)
        for file in sorted((folder / area).rglob("*.py")):
            if file.stem != "__init__":
                path = file.relative_to(folder).with_suffix("")
                yield importlib.import_module(".".join(["dbt", "tests", "adapter", *path.parts]))


def has_tests(kind):
    return any(name.startswith("test") and callable(getattr(kind, name)) for name in dir(kind))


def is_bare_copy(kind):
    """`class TestX(BaseX): pass` for PostgreSQL: the same tests as its base."""
    return kind.__name__.startswith("Test") and not [name for name in vars(kind) if not name.startswith("__")]
