"""The DuckDB profile of the tests, and the one connection that Python holds on its file."""

import contextlib
import gc

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.factory import FACTORY


def release():
    """Let go of the database file: only one process can have it open for writing."""
    for adapter in list(FACTORY.adapters.values()):
        with contextlib.suppress(Exception):
            adapter.cleanup_connections()
        with contextlib.suppress(Exception):
            adapter.cache.clear()
    held, DuckDBConnectionManager._ENV = DuckDBConnectionManager._ENV, None
    if held is not None:
        with contextlib.suppress(Exception):
            held.close()
    gc.collect()


def reconnect():
    """What dbt leaves behind in the process: a connection of the main thread, opened when it is first used."""
    for adapter in list(FACTORY.adapters.values()):
        with contextlib.suppress(Exception):
            adapter.acquire_connection("master")


def register(config):
    config.pluginmanager.register(DuckDBProfile(), "duckdb-profile")


class DuckDBProfile:
    """Suites that were written for PostgreSQL get a DuckDB file instead; nothing else of their fixtures changes."""

    def pytest_fixture_setup(self, fixturedef, request):
        if fixturedef.argname != "dbt_profile_target" or "dbt.tests.fixtures" not in fixturedef.func.__module__:
            return None
        folder = request.getfixturevalue("tmpdir_factory").mktemp("database")
        value = {"type": "duckdb", "threads": 4, "path": str(folder / "dbt.duckdb")}
        fixturedef.cached_result = (value, fixturedef.cache_key(request), None)
        return value
