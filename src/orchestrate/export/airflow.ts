import type { Workspace } from "#registry/index.ts";
import { exportedLabs } from "./plan.ts";
import { type PythonData, pythonLiteral } from "./python.ts";
import { runLabs } from "./shared-python.ts";

export interface ExportOptions {
  /** Beginning of the names of DAGs, pools and flows. */
  prefix: string;
  /** Due times before it are nobody's. */
  start: Date;
}

/**
 * A file for Airflow 3: a DAG for each lab with its schedule, one over all labs with a report, one that looks for new files
 * where a lab starts on them. Everything that comes from the workspace is in three constants; the rest is the same for all.
 */
export function airflowFile(workspace: Workspace, { prefix, start }: ExportOptions): string {
  const labs = exportedLabs(workspace) as unknown as PythonData;
  return `${head}
PREFIX = ${pythonLiteral(prefix)}
WORKSPACE = os.environ.get("LABS_WORKSPACE", ${pythonLiteral(workspace.root)})
START = datetime.fromtimestamp(${Math.floor(start.getTime() / 1000)}, timezone.utc)  # ${start.toISOString().slice(0, 10)}
LABS = ${pythonLiteral(labs)}
${runLabs}
${body}`;
}

/** The pools that keep a lab's tasks apart, for \`airflow pools import\`. */
export function airflowPools(workspace: Workspace, { prefix }: Pick<ExportOptions, "prefix">): string {
  const pools = Object.fromEntries(
    exportedLabs(workspace).map(({ name }) => [
      `${prefix}_${name}`,
      { slots: 1, description: `One task of the lab ${name} at a time`, include_deferred: true },
    ]),
  );
  return `${JSON.stringify(pools, null, 2)}\n`;
}

const head = String.raw`"""Labs as Airflow DAGs, written by "labs export airflow". Write it again after a change of the labs or their schedules.

Once, so that Airflow knows the pools that keep the tasks of a lab apart:

    labs export airflow --pools --to pools.json && airflow pools import pools.json

Environment of the workers: LABS_COMMAND (default: labs), LABS_WORKSPACE (default: where this was written),
LABS_FAILURE_WEBHOOK (a Slack-compatible address that failures are posted to), and whatever the labs need.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import urllib.request
from datetime import datetime, timedelta, timezone

from airflow.sdk import DAG, Asset, TaskGroup, get_current_context, task

try:
    from airflow.sdk import (
        AssetAny,
        AssetOrTimeSchedule,
        CronTriggerTimetable,
        DeltaTriggerTimetable,
        MultipleCronTriggerTimetable,
    )
    from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
except ImportError:  # Airflow 3.0 and 3.1
    from airflow.exceptions import AirflowFailException, AirflowSkipException
    from airflow.sdk import AssetAny
    from airflow.timetables.assets import AssetOrTimeSchedule
    from airflow.timetables.trigger import CronTriggerTimetable, DeltaTriggerTimetable, MultipleCronTriggerTimetable
`;

const body = String.raw`
class RetryLater(Exception):
    """A failure that another attempt may not have."""


def published(name):
    """What a lab's publishing updates, and what starts the labs behind it."""
    return Asset(name=f"{PREFIX}_{name}", uri=f"labs://{PREFIX}/{name}/published")


def new_files(name):
    return Asset(name=f"{PREFIX}_{name}.files", uri=f"labs://{PREFIX}/{name}/files")


def on_failure(context):
    """Once for each task that failed for good; tasks behind it do not fail, they are not run."""
    ti = context["ti"]
    text = f"{ti.dag_id}: {ti.task_id} failed: {context.get('exception')}"
    print(text)
    tell(text)


def start_of(lab):
    """Intervals are counted from 1970, as in labs serve, and not from the day of this file."""
    every = lab["every"]
    return datetime.fromtimestamp((START.timestamp() // every + 1) * every, timezone.utc) if every else START


def schedule_of(lab):
    """The clock, the labs whose publishing starts this one, its new files, or several of these; None: by hand."""
    clock = None
    if lab["crons"]:
        kind = CronTriggerTimetable if len(lab["crons"]) == 1 else MultipleCronTriggerTimetable
        clock = kind(*lab["crons"], timezone=lab["timezone"])
    elif lab["every"]:
        clock = DeltaTriggerTimetable(timedelta(seconds=lab["every"]))
    events = [published(name) for name in lab["after"]]
    if lab["on_files"]:
        events.append(new_files(lab["name"]))
    if not events:
        return clock
    any_event = AssetAny(*events)
    return any_event if clock is None else AssetOrTimeSchedule(timetable=clock, assets=any_event)


def add_task(lab, spec):
    """A task that runs one step. It can run again at any time: what is done already is not done twice."""
    rules = {"on_success": "all_success", "on_failure": "one_failed", "always": "all_done"}

    @task(
        task_id=spec["id"],
        pool=f"{PREFIX}_{lab['name']}",
        priority_weight=max(1, lab["priority"] + 1),
        retries=lab["retries"],
        retry_delay=timedelta(seconds=lab["retry_after"]),
        retry_exponential_backoff=True,
        max_retry_delay=timedelta(hours=1),
        trigger_rule=rules[spec["when"]],
        outlets=[published(lab["name"])] if spec["id"] == "publish" else [],
        on_failure_callback=on_failure,
    )
    def run_step():
        words = [word for step in spec["steps"] for word in ("--step", step)]
        code = run_labs("run", lab["name"], *words)
        if code == 0:
            return
        message = f"labs run {lab['name']} {' '.join(words)} ended with code {code}"
        if code == 1 and may_pass(lab["name"]):
            raise RetryLater(message)
        raise AirflowFailException(message)

    return run_step()


def add_lab(lab):
    """The lab's tasks as a group; returns its first task and its last, whose state is the lab's."""
    with TaskGroup(group_id=lab["name"], tooltip=lab["description"][:200]):
        done = None
        first = last = None
        always = []
        for spec in lab["tasks"]:
            if spec["when"] == "on_failure" and first is None:
                continue
            one = add_task(lab, spec)
            if first is None:
                first = one
            if last is not None:
                last >> one
            if spec["when"] == "on_failure":
                done = True
                continue
            for other in always:
                other >> one
            if spec["when"] == "always":
                always.append(one)
                done = True
            else:
                last, always = one, []
        if done:
            # Behind a step that runs in any case the group would look well. No step's name has capital letters.
            done = task(task_id="DONE")(lambda: None)()
            for one in [last, *always]:
                one >> done
            last = done
    return first, last


COMMON = {"owner": "labs", "depends_on_past": False}

for _lab in LABS:
    with DAG(
        dag_id=f"{PREFIX}_{_lab['name']}",
        description=_lab["description"][:1000],
        doc_md=f"{_lab['description']}\n",
        schedule=schedule_of(_lab),
        start_date=start_of(_lab),
        catchup=_lab["catchup"],
        max_active_runs=1,
        is_paused_upon_creation=_lab["paused"],
        dagrun_timeout=timedelta(seconds=_lab["timeout"]) if _lab["timeout"] else None,
        tags=["labs"],
        default_args={**COMMON, "owner": _lab["owner"]},
    ) as _dag:
        add_lab(_lab)
    globals()[_dag.dag_id] = _dag

    if not _lab["on_files"]:
        continue
    with DAG(
        dag_id=f"{PREFIX}_{_lab['name']}.files",
        description="Looks for new files",
        schedule=DeltaTriggerTimetable(timedelta(minutes=5)),
        start_date=START,
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=_lab["paused"],
        tags=["labs"],
        default_args={**COMMON, "owner": _lab["owner"]},
    ) as _dag:

        @task(task_id="look", outlets=[new_files(_lab["name"])], pool=f"{PREFIX}_{_lab['name']}", on_failure_callback=on_failure)
        def look(name=_lab["name"]):
            answer = ask_labs("run", name, "--dry-run")
            if answer is None or "error" in answer:
                raise AirflowFailException(f"labs run {name} --dry-run failed: {answer}")
            files = [file["name"] for plan in answer["labs"] for file in plan["files"] if file["action"] != "wait"]
            if not files:
                raise AirflowSkipException("No file is new or changed.")
            print(f"New or changed: {', '.join(files)}")

        look()
    globals()[_dag.dag_id] = _dag


with DAG(
    dag_id=f"{PREFIX}.all",
    description="Every lab, each after the labs it waits for, and a report",
    schedule=None,
    start_date=START,
    catchup=False,
    max_active_runs=1,
    tags=["labs"],
    default_args=COMMON,
) as _all:
    _ends = {}
    _starts = {}
    for _lab in LABS:
        if not _lab["paused"]:
            _starts[_lab["name"]], _ends[_lab["name"]] = add_lab(_lab)
    for _lab in LABS:
        for _other in _lab["behind"]:
            if _lab["name"] in _starts and _other in _ends:
                _ends[_other] >> _starts[_lab["name"]]

    @task(task_id="_report", trigger_rule="all_done", on_failure_callback=on_failure)
    def report():
        """How each lab ended; fails when one did not end well."""
        run_labs("status")
        context = get_current_context()
        last_tasks = {name: end.operator.task_id for name, end in _ends.items()}
        states = context["ti"].get_task_states(
            dag_id=context["dag"].dag_id, task_ids=list(last_tasks.values()), run_ids=[context["run_id"]]
        )[context["run_id"]]
        labs = {name: str(states.get(task_id)) for name, task_id in last_tasks.items()}
        for name, state in labs.items():
            print(f"{name}: {state}")
        failed = [name for name, state in labs.items() if state != "success"]
        print(f"{len(labs) - len(failed)} of {len(labs)} labs ended well.")
        if failed:
            raise AirflowFailException(f"These labs did not end well: {', '.join(failed)}")

    _report = report()
    for _end in _ends.values():
        _end >> _report
globals()[_all.dag_id] = _all
`;
