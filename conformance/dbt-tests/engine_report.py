"""pytest plugin: one JSON line a test into the file ENGINE_REPORT, as soon as its outcome is known."""

import json
import os

PATH = os.environ.get("ENGINE_REPORT")


def pytest_runtest_logreport(report):
    # With pytest-xdist the reports of all workers come together in the process that is no worker.
    if PATH is None or "PYTEST_XDIST_WORKER" in os.environ:
        return
    broken = report.when != "call" and report.failed
    if report.when != "call" and not broken and not report.skipped:
        return
    line = {"id": report.nodeid, "outcome": "failed" if broken else report.outcome, "seconds": round(report.duration, 2)}
    if report.failed:
        line["error"] = first_error(report.longreprtext)
    with open(PATH, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def first_error(text):
    """The first line that pytest marks as the error."""
    return next((line[1:].strip() for line in text.splitlines() if line.startswith("E ")), text.strip()[-200:])[:300]
