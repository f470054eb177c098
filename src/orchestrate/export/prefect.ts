import type { Workspace } from "#registry/index.ts";
import type { ExportOptions } from "./airflow.ts";
import { exportedLabs } from "./plan.ts";
import { type PythonData, pythonLiteral } from "./python.ts";
import { runLabs } from "./shared-python.ts";

/**
 * A file for Prefect 3: a flow for one lab, deployed for each lab with its schedule, and one over all labs with a report.
 * Everything that comes from the workspace is in three constants; the rest is the same for all.
 */
export function prefectFile(workspace: Workspace, { prefix }: Pick<ExportOptions, "prefix">): string {
  const labs = exportedLabs(workspace) as unknown as PythonData;
  return `${head}
PREFIX = ${pythonLiteral(prefix)}
WORKSPACE = os.environ.get("LABS_WORKSPACE", ${pythonLiteral(workspace.root)})
LABS = ${pythonLiteral(labs)}
BY_NAME = {lab["name"]: lab for lab in LABS}
${runLabs}
${body}`;
}

const head = String.raw`"""Labs as Prefect flows, written by "labs export prefect". Write it again after a change of the labs or their schedules.

    python THIS_FILE               serves a deployment for each lab with its schedule, and one for all labs
    python THIS_FILE run [LAB]     runs all labs, or one, now

Where several machines serve it, give each lab a global concurrency limit of 1 (PREFIX-LAB) to keep its tasks apart.

Environment: LABS_COMMAND (default: labs), LABS_WORKSPACE (default: where this was written), LABS_FAILURE_WEBHOOK (a
Slack-compatible address that failures are posted to), and whatever the labs need.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import urllib.request
from datetime import timedelta

from prefect import flow, serve, task
from prefect.concurrency.sync import concurrency
from prefect.events import DeploymentEventTrigger, emit_event
from prefect.schedules import Schedule
from prefect.tasks import exponential_backoff
`;

const body = String.raw`
class RetryLater(Exception):
    """A failure that another attempt may not have."""


def resource(name):
    return {"prefect.resource.id": f"labs.{PREFIX}.{name}", "prefect.resource.name": name}


def on_failure(_task, run, state):
    """Once for each task that failed for good; tasks behind it are not run."""
    text = f"{PREFIX}: {run.name} failed: {state.message}"
    print(text)
    tell(text)


def may_be_retried(_task, _run, state):
    return isinstance(state.result(raise_on_failure=False), RetryLater)


@task(task_run_name="{lab}.{step}", on_failure=[on_failure], retry_condition_fn=may_be_retried, log_prints=True)
def run_step(lab, step, steps):
    """Runs one step. It can run again at any time: what is done already is not done twice."""
    words = [word for one in steps for word in ("--step", one)]
    with concurrency(f"{PREFIX}-{lab}", occupy=1):
        code = run_labs("run", lab, *words)
    if code == 0:
        return
    message = f"labs run {lab} {' '.join(words)} ended with code {code}"
    raise (RetryLater if code == 1 and may_pass(lab) else RuntimeError)(message)


@flow(name=f"{PREFIX}-lab", flow_run_name="{name}", log_prints=True)
def run_lab(name: str):
    """One lab's run, step by step."""
    lab = BY_NAME[name]
    step_task = run_step.with_options(
        retries=lab["retries"],
        # Never more than an hour between two attempts.
        retry_delay_seconds=[min(delay, 3600) for delay in exponential_backoff(lab["retry_after"])(lab["retries"])] or None,
    )
    failed = None
    for spec in lab["tasks"]:
        if spec["when"] == ("on_failure" if failed is None else "on_success"):
            continue
        state = step_task(name, spec["id"], spec["steps"], return_state=True)
        if not state.is_completed():
            failed = failed or spec["id"]
        elif spec["id"] == "publish":
            emit_event("labs.published", resource=resource(name))
    if failed is not None:
        raise RuntimeError(f"{name}: {failed} failed")


@task(task_run_name="{name}", log_prints=True)
def whole_lab(name):
    run_lab(name)


def on_all_failed(_flow, _run, state):
    text = f"{PREFIX}: {PREFIX}-all failed: {state.message}"
    print(text)
    tell(text)


@flow(name=f"{PREFIX}-all", on_failure=[on_all_failed], log_prints=True)
def run_all():
    """Every lab, each after the labs it waits for, and a report; fails when a lab did not end well."""
    waiting = {lab["name"]: lab["behind"] for lab in LABS if not lab["paused"]}
    runs = {}
    while waiting:
        ready = [name for name, behind in waiting.items() if not any(other in waiting for other in behind)] or list(waiting)
        for name in ready:
            runs[name] = whole_lab.submit(name, wait_for=[runs[other] for other in waiting.pop(name) if other in runs])
    for run in runs.values():
        run.wait()
    run_labs("status")
    states = {name: run.state.type.value.lower() for name, run in runs.items()}
    for name, state in states.items():
        print(f"{name}: {state}")
    failed = [name for name, state in states.items() if state != "completed"]
    print(f"{len(states) - len(failed)} of {len(states)} labs ended well.")
    if failed:
        raise RuntimeError(f"These labs did not end well: {', '.join(failed)}")


@flow(name=f"{PREFIX}-files", flow_run_name="{name}", log_prints=True)
def look_for_files(name: str):
    """Starts a lab when files are new or changed."""
    answer = ask_labs("run", name, "--dry-run")
    if answer is None or "error" in answer:
        raise RuntimeError(f"labs run {name} --dry-run failed: {answer}")
    files = [file["name"] for plan in answer["labs"] for file in plan["files"] if file["action"] != "wait"]
    print(f"New or changed: {', '.join(files) or 'nothing'}")
    if files:
        emit_event("labs.files", resource=resource(name))


def schedules_of(lab):
    schedules = [Schedule(cron=cron, timezone=lab["timezone"]) for cron in lab["crons"]]
    if lab["every"]:
        schedules.append(Schedule(interval=timedelta(seconds=lab["every"]), timezone=lab["timezone"]))
    return schedules


def triggers_of(lab):
    events = [("labs.published", other) for other in lab["after"]]
    if lab["on_files"]:
        events.append(("labs.files", lab["name"]))
    return [
        DeploymentEventTrigger(
            name=f"{PREFIX}-{lab['name']}: {event} of {name}",
            expect={event},
            match={"prefect.resource.id": resource(name)["prefect.resource.id"]},
        )
        for event, name in events
    ]


def deployments():
    every = [run_all.to_deployment(name=f"{PREFIX}-all", description="Every lab, and a report")]
    for lab in LABS:
        common = {"parameters": {"name": lab["name"]}, "paused": lab["paused"], "tags": ["labs", lab["name"]]}
        every.append(
            run_lab.to_deployment(
                name=f"{PREFIX}-{lab['name']}",
                description=lab["description"],
                schedules=schedules_of(lab),
                triggers=triggers_of(lab),
                concurrency_limit=1,
                **common,
            )
        )
        if lab["on_files"]:
            every.append(look_for_files.to_deployment(name=f"{PREFIX}-{lab['name']}", interval=timedelta(minutes=5), **common))
    return every


if __name__ == "__main__":
    if sys.argv[1:2] == ["run"]:
        state = (run_lab(sys.argv[2], return_state=True) if len(sys.argv) > 2 else run_all(return_state=True))
        sys.exit(0 if state.is_completed() else 1)
    serve(*deployments())
`;
