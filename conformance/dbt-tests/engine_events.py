"""Events for the callbacks of a runner, read from the JSON log that the command wrote."""

import contextlib
import json
import os
import re
import shutil
import tempfile
from types import SimpleNamespace

import dbt.adapters.events.types as adapter_events
import dbt.events.types as core_events
from dbt import deprecations
import dbt_common.events.types as common_events
from google.protobuf.json_format import ParseDict

MODULES = (core_events, adapter_events, common_events)


@contextlib.contextmanager
def listening(callbacks, always=False):
    listener = Listener(callbacks, always)
    try:
        yield listener
    finally:
        listener.close()


class Listener:
    """Asks the command for a JSON log of all levels, in a folder of its own, and replays it to the callbacks."""

    def __init__(self, callbacks, always):
        self.callbacks = callbacks
        self.folder = tempfile.mkdtemp(prefix="events-") if callbacks or always else None
        #: What the command printed because it was asked for, such as the lines of `ls`; None when nothing was heard.
        self.printed = None

    @property
    def environment(self):
        if self.folder is None:
            return {}
        return {"DBT_LOG_PATH": self.folder, "DBT_LOG_FORMAT_FILE": "json", "DBT_LOG_LEVEL_FILE": "debug"}

    def deliver(self):
        if self.folder is None:
            return
        path = os.path.join(self.folder, "dbt.log")
        if not os.path.exists(path):
            return
        self.printed = []
        with open(path, encoding="utf-8") as log:
            for line in log:
                if line.startswith("{"):
                    record = json.loads(line)
                    if record["info"]["name"] == "PrintEvent":
                        self.printed.append(record["data"]["msg"])
                    for callback in self.callbacks:
                        callback(event_of(record))

    def close(self):
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def event_of(record):
    """dbt's protobuf message for one line of the log; fields that dbt does not know are dropped."""
    info, data = record["info"], record.get("data", {})
    for module in MODULES:
        kind = getattr(module, info["name"], None)
        message = kind and getattr(kind.PROTO_TYPES_MODULE, info["name"] + "Msg", None)
        if message:
            return ParseDict({"info": info, "data": data}, message(), ignore_unknown_fields=True)
    return SimpleNamespace(info=SimpleNamespace(**info), data=SimpleNamespace(**data))


def recall_deprecations(out):
    """What dbt keeps in `deprecations.active_deprecations`, from the summary at the end of the output."""
    names = {kind._event: name for name, kind in deprecations.deprecations.items()}
    for event, count in re.findall(r"^\s*- (\w+): (\d+) occurrence", out, re.MULTILINE):
        if event in names:
            deprecations.active_deprecations[names[event]] += int(count)
