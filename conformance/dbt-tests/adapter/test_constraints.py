import pytest
from suite import suite


class Types:
    """A value in SQL, its type as a contract writes it, and as an error message names it."""

    @pytest.fixture
    def int_type(self):
        return "INT"

    @pytest.fixture
    def string_type(self):
        return "VARCHAR"

    @pytest.fixture
    def data_types(self, schema_int_type, int_type, string_type):
        return [
            ["1", schema_int_type, int_type],
            ["'1'", string_type, string_type],
            ["false", "bool", "BOOL"],
            ["timestamp '2020-02-29 12:00:00'", "TIMESTAMP", "TIMESTAMP"],
            ["timestamptz '2020-02-29 12:00:00+00'", "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE"],
            ["['x', 'y']", "VARCHAR[]", "VARCHAR[]"],
            ["[4, 5]", "INTEGER[]", "INTEGER[]"],
            ["2::numeric", "numeric", "DECIMAL"],
            ["""'{"a": 1}'::json""", "json", "JSON"],
        ]


class NotNull(Types):
    @pytest.fixture(scope="class")
    def expected_error_messages(self):
        return ["NOT NULL constraint failed"]


globals().update(
    suite(
        "constraints",
        BaseTableConstraintsColumnsEqual=Types,
        BaseViewConstraintsColumnsEqual=Types,
        BaseIncrementalConstraintsColumnsEqual=Types,
        BaseConstraintsRuntimeDdlEnforcement=Types,
        BaseConstraintsRollback=NotNull,
        BaseIncrementalConstraintsRuntimeDdlEnforcement=NotNull,
        BaseIncrementalConstraintsRollback=NotNull,
        BaseModelConstraintsRuntimeEnforcement=NotNull,
    )
)
