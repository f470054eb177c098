"""dbt's exceptions, from what the command printed before it gave up."""

import re

import dbt.exceptions as core
import dbt_common.exceptions as common
from dbt.cli.exceptions import DbtUsageException

#: The first line of an error, and the class whose `type` prints it.
HEADLINES = [
    ("Compilation Error", common.CompilationError),
    ("Parsing Error", core.ParsingError),
    ("Database Error", common.DbtDatabaseError),
    ("Dependency Error", core.DependencyError),
    ("Env var required but not provided", core.EnvVarMissingError),
    ("Runtime Error", common.DbtRuntimeError),
    ("Validation Error", common.DbtValidationError),
    ("Internal Error", common.DbtInternalError),
]

TIME = re.compile(r"^\d\d:\d\d:\d\d\s+", re.MULTILINE)


def exception_of(out, err):
    """The exception that dbt would have raised; tests compare its class and search its text."""
    usage = re.search(r"^Error: (.*)", err, re.MULTILINE | re.DOTALL)
    if "Encountered an error:" not in out + err and usage:
        return DbtUsageException(usage.group(1).strip())
    text = TIME.sub("", (out + err).split("Encountered an error:", 1)[-1]).strip()
    first = min(
        ((text.find(headline), kind) for headline, kind in HEADLINES if headline in text),
        key=lambda found: found[0],
        default=(0, common.DbtRuntimeError),
    )
    return subclass_of(first[1], text)


def subclass_of(kind, text):
    """Some tests name a subclass, which prints the same headline; its sentence tells which."""
    for sentence, special in SENTENCES:
        if sentence in text and issubclass(special, kind):
            return revived(special, kind, text)
    return kind(text)


def revived(special, kind, text):
    # The subclasses build their text from objects which do not exist here.
    error = special.__new__(special)
    kind.__init__(error, text)
    return error


SENTENCES = [
    ("ambiguous", core.AmbiguousAliasError),
    ("dbt found two", core.DuplicateResourceNameError),
]
