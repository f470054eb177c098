"""pytest plugin: dbt's own functional tests, with another command line in place of dbt.

    ENGINE_COMMAND="node dist/labs.js dbt" pytest -p engine_plugin <tests>

The tests call `dbtRunner().invoke(args)`. Here that starts a process instead, in the folder and with the environment
that the test has made, and the objects that the test looks at (results, manifest, exception, events) are read back
from what the process wrote: its exit code, its output and the files in the target folder.
"""

import os
import shlex
import subprocess
import sys

import pytest
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt_common import ui
from dbt_common.events import functions as event_functions

import engine_clock
import engine_database
import engine_errors
import engine_events
import engine_results

COMMAND = shlex.split(os.environ.get("ENGINE_COMMAND", ""))
TIMEOUT = int(os.environ.get("ENGINE_TIMEOUT", "240"))

COMMANDS = {
    "build", "clean", "clone", "compile", "debug", "deps", "docs", "init", "list", "ls", "parse", "retry", "run",
    "run-operation", "seed", "show", "snapshot", "source", "test",
}  # fmt: skip


def pytest_configure(config):
    if COMMAND:
        dbtRunner.invoke = invoke
        # The command runs without colours, and tests compare with what Python would print.
        ui.USE_COLOR = False
    engine_database.register(config)


def invoke(runner, args, **options):
    """The stand-in for `dbtRunner.invoke`: one call, one process."""
    words = without([str(word) for word in args], options)
    words += [word for item in options.items() for word in option_words(*item)]
    if runner.manifest is not None:
        pytest.fail("the test hands a Python manifest to the runner: nothing a command line can take")
    engine_database.release()
    call = Call(words)
    with engine_events.listening(runner.callbacks, always=call.command in ("ls", "list")) as listener:
        done = call.start({**listener.environment, **engine_clock.environment()})
        show(done.stdout, done.stderr)
        listener.deliver()
        engine_events.recall_deprecations(done.stdout)
    engine_database.reconnect()
    # Fixtures of dbt's own set it again.
    ui.USE_COLOR = False
    if done.returncode == 2:
        return dbtRunnerResult(success=False, exception=engine_errors.exception_of(done.stdout, done.stderr))
    success = done.returncode == 0
    return dbtRunnerResult(success=success, result=engine_results.result_of(call, done.stdout, success, listener.printed))


class Call:
    """The words of one call, and where it will put its files."""

    def __init__(self, words):
        self.words = words
        self.command = next((word for word in words if word in COMMANDS), None)
        self.project = self.option("--project-dir") or os.getcwd()
        self.target = os.path.join(self.project, self.option("--target-path") or self.default_target())

    def option(self, name):
        for word, following in zip(self.words, [*self.words[1:], ""]):
            if word == name:
                return following
            if word.startswith(name + "="):
                return word.split("=", 1)[1]
        return None

    def default_target(self):
        return os.environ.get("DBT_TARGET_PATH") or engine_results.target_path_of(self.project) or "target"

    def start(self, environment):
        plain = [] if any("use-colors" in word for word in self.words) else ["--no-use-colors"]
        return subprocess.run(
            [*COMMAND, *plain, *self.words],
            capture_output=True,
            text=True,
            env={**os.environ, "LABS_PYTHON": sys.executable, **environment},
            timeout=TIMEOUT,
        )


def without(words, options):
    """Keyword arguments replace what the words say."""
    flags = ["--" + name.replace("_", "-") for name in options]
    kept = []
    for word, before in zip(words, ["", *words]):
        if word in flags or word.split("=", 1)[0] in flags:
            continue
        if before in flags and not word.startswith("-"):
            continue
        kept.append(word)
    return kept


def option_words(name, value):
    """`invoke(args, full_refresh=True)` is `--full-refresh` on a command line."""
    flag = "--" + name.replace("_", "-")
    if value is True:
        return [flag]
    if value is False:
        return ["--no-" + name.replace("_", "-")]
    if isinstance(value, (list, tuple)):
        return [word for item in value for word in (flag, str(item))]
    return [] if value is None else [flag, str(value)]


def show(out, err):
    """Output goes where the tests look: the captured stream of dbt's logger, else stdout (capsys)."""
    captured = event_functions.get_capture_stream()
    if captured is not None:
        captured.write(out + err)
    sys.stdout.write(out)
    sys.stderr.write(err)


