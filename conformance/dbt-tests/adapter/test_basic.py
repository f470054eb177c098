import pytest
from dbt.tests.adapter.basic.expected_catalog import base_expected_catalog, expected_references_catalog, no_stats
from suite import suite

DUCKDB_TYPES = {
    "role": None,
    "id_type": "INTEGER",
    "text_type": "VARCHAR",
    "time_type": "TIMESTAMP",
    "view_type": "VIEW",
    "table_type": "BASE TABLE",
    "model_stats": no_stats(),
}


class CatalogOfProject:
    @pytest.fixture(scope="class")
    def expected_catalog(self, project):
        return base_expected_catalog(project, **DUCKDB_TYPES)


class CatalogOfReferences:
    @pytest.fixture(scope="class")
    def expected_catalog(self, project):
        return expected_references_catalog(project, **DUCKDB_TYPES, bigint_type="BIGINT")


globals().update(suite("basic", BaseDocsGenerate=CatalogOfProject, BaseDocsGenReferences=CatalogOfReferences))
