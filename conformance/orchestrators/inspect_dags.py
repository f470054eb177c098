"""Prints what Airflow made of a DAG file: argv[1]. One JSON document behind a marker, whatever else is printed."""

import importlib.util
import json
import sys

from airflow.sdk import DAG

spec = importlib.util.spec_from_file_location("exported", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)


def assets(condition):
    if condition is None:
        return []
    return sorted(asset.name for asset in condition.objects)


def schedule(dag):
    timetable = dag.timetable
    clock = getattr(timetable, "timetable", timetable)
    return {
        "kind": type(timetable).__name__,
        "clock": type(clock).__name__,
        "assets": assets(getattr(timetable, "asset_condition", None)),
        "any": type(getattr(timetable, "asset_condition", None)).__name__,
    }


found = {}
for dag in (value for value in vars(module).values() if isinstance(value, DAG)):
    found[dag.dag_id] = {
        "description": dag.description,
        "doc": dag.doc_md,
        "owner": dag.owner,
        "catchup": dag.catchup,
        "paused": bool(dag.is_paused_upon_creation),
        "timeout": dag.dagrun_timeout and dag.dagrun_timeout.total_seconds(),
        "schedule": schedule(dag),
        "tasks": {
            task.task_id: {
                "rule": str(task.trigger_rule.value if hasattr(task.trigger_rule, "value") else task.trigger_rule),
                "pool": task.pool,
                "retries": task.retries,
                "delay": task.retry_delay.total_seconds(),
                "weight": task.priority_weight,
                "after": sorted(task.upstream_task_ids),
                "outlets": [asset.name for asset in task.outlets],
                "callback": bool(task.on_failure_callback),
            }
            for task in dag.tasks
        },
    }
print("FOUND " + json.dumps(found))
