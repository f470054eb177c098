"""dbt's fixtures, and a DuckDB file as the database of each class (see ../engine_database.py)."""

import os
from pathlib import Path

import dbt.tests.adapter
import pytest

pytest_plugins = ["dbt.tests.fixtures.project"]


@pytest.fixture(scope="class")
def logs_dir(tmpdir_factory, prefix):
    """Logs belong to the run; dbt's own fixture would put them beside the tests."""
    folder = str(tmpdir_factory.mktemp("logs") / prefix)
    os.environ["DBT_LOG_PATH"] = folder
    yield folder
    del os.environ["DBT_LOG_PATH"]


@pytest.fixture(scope="module")
def test_data_dir(request):
    """Data files lie beside the base classes: those of test_hooks.py in dbt/tests/adapter/hooks/data."""
    area = request.module.__name__.removeprefix("test_")
    return Path(dbt.tests.adapter.__path__[0]) / area / "data"
