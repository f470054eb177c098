"""A fixed clock for the engine, where a test has fixed Python's."""

import os
from datetime import datetime, timezone
from pathlib import Path
from unittest import mock

from dbt.materializations.incremental.microbatch import MicrobatchBuilder

PRELOAD = Path(__file__).with_name("fixed-clock.mjs")


def environment():
    """Environment of the engine's process: a preload that fixes `Date`, or nothing."""
    now = fixed_now()
    if now is None:
        return {}
    options = os.environ.get("NODE_OPTIONS", "")
    return {"ENGINE_NOW": now.isoformat(), "NODE_OPTIONS": f"{options} --import={PRELOAD.as_uri()}".strip()}


def fixed_now():
    """What the test says it is now: by freezegun, or by a patched end of the last microbatch."""
    end = getattr(MicrobatchBuilder, "build_end_time", None)
    if isinstance(end, mock.Mock):
        return end.return_value
    if datetime.__module__.startswith("freezegun") or type(datetime.now()).__module__.startswith("freezegun"):
        return datetime.now(timezone.utc)
    import datetime as module

    if module.datetime.__module__.startswith("freezegun"):
        return module.datetime.now(timezone.utc)
    return None
