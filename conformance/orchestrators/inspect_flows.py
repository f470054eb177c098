"""Prints the deployments of a flow file: argv[1]. One JSON document behind a marker, whatever else is printed."""

import importlib.util
import json
import sys

spec = importlib.util.spec_from_file_location("exported", sys.argv[1])
module = importlib.util.module_from_spec(spec)
sys.modules["exported"] = module
spec.loader.exec_module(module)

found = {}
for one in module.deployments():
    found[f"{one.flow_name}/{one.name}"] = {
        "description": one.description,
        "parameters": one.parameters,
        "paused": bool(one.paused),
        "limit": one.concurrency_limit,
        "schedules": [
            {
                "cron": getattr(item.schedule, "cron", None),
                "every": getattr(item.schedule, "interval", None) and item.schedule.interval.total_seconds(),
                "timezone": item.schedule.timezone,
            }
            for item in one.schedules or []
        ],
        "triggers": [[sorted(trigger.expect), trigger.match.root] for trigger in one.triggers],
    }
print("FOUND " + json.dumps(found))
