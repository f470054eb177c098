"""dbt's exceptions, from what the command printed before it gave up."""

import functools
import re

import dbt.exceptions as core
import dbt_common.exceptions as common
from dbt.cli.exceptions import DbtUsageException
from dbt_common.dataclass_schema import ValidationError

#: The first line of an error, and the class whose `type` prints it.
HEADLINES = {
    "Breaking change to contract": core.ContractBreakingChangeError,
    "Compilation Error": common.CompilationError,
    "Database Error": common.DbtDatabaseError,
    "Dependency Error": core.DependencyError,
    "Internal Error": common.DbtInternalError,
    "Parsing Error": core.ParsingError,
    "Runtime Error": common.DbtRuntimeError,
    "Validation Error": common.DbtValidationError,
}

#: The one error whose fields a test reads.
UNINSTALLED = re.compile(
    r"dbt expects (\d+) package\(s\).* found only (\d+) package\(s\) installed in [^.]*\. (?:Following packages were not found: ([^.]*)\. )?"
)

TIME = re.compile(r"^\d\d:\d\d:\d\d\s+", re.MULTILINE)


def exception_of(out, err):
    """The exception that dbt would have raised; tests compare its class and search its text."""
    everything = out + err
    usage = re.search(r"^Error: (.*)", err, re.MULTILINE | re.DOTALL)
    if "Encountered an error:" not in everything and usage:
        return DbtUsageException(usage.group(1).strip())
    text = TIME.sub("", everything.split("Encountered an error:", 1)[-1]).strip()
    found = [(text.index(headline), kind) for headline, kind in HEADLINES.items() if headline in text]
    kind = min(found, key=lambda place: place[0])[1] if found else common.DbtRuntimeError
    error = class_for(kind)(text)
    missing = UNINSTALLED.search(text)
    if missing:
        error.count_packages_specified, error.count_packages_installed = int(missing[1]), int(missing[2])
        error.uninstalled_packages = missing[3].split(", ") if missing[3] else []
    return error


@functools.cache
def class_for(kind):
    """A class that is every class with this headline: which of them dbt raised, a command line does not show."""
    family = [cls for cls in dict.fromkeys(descendants(kind)) if headline_owner(cls) is headline_owner(kind)]
    if kind is common.DbtValidationError:  # some are raised without being wrapped
        family.append(ValidationError)
    leaves = [cls for cls in family if not any(other is not cls and issubclass(other, cls) for other in family)]

    def start(self, text):
        common.DbtRuntimeError.__init__(self, text)

    body = {"__init__": start, "__str__": lambda self: self.msg, "message": lambda self: self.msg}
    return type(kind.__name__, tuple(leaves), body)


def descendants(kind):
    return [kind, *(below for child in kind.__subclasses__() for below in descendants(child))]


def headline_owner(cls):
    """The class that defines what `cls` prints as its headline."""
    return next((base for base in cls.__mro__ if "type" in vars(base)), None)
