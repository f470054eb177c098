from pathlib import Path

import dbt.tests.adapter.simple_seed.test_seed
import pytest
from suite import suite


class FileBesideTheBaseClass:
    """The test copies a CSV file from its own folder, which is that of dbt's module."""

    @pytest.fixture(scope="class")
    def project(self, project):
        project.test_dir = str(Path(dbt.tests.adapter.simple_seed.test_seed.__file__).parent)
        return project


globals().update(suite("simple_seed", BaseSimpleSeedWithBOM=FileBesideTheBaseClass))
