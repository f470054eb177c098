import pytest
from suite import suite


class Types:
    """A value in SQL, and as the rows of a unit test write it."""

    @pytest.fixture
    def data_types(self):
        return [
            ["1", "1"],
            ["2.0", "2.0"],
            ["'12345'", "12345"],
            ["'text'", "text"],
            ["true", "true"],
            ["date '2020-02-29'", "2020-02-29"],
            ["timestamp '2020-02-29 12:00:00'", "2020-02-29 12:00:00"],
            ["'2020-02-29 12:00:00+00'::timestamptz", "2020-02-29 12:00:00+00"],
            ["{'a': 'b', 'c': 'd'}", "{'a': 'b', 'c': 'd'}"],
            ["['x', 'y']", "['x', 'y']"],
            ["[1, 2]", "[1, 2]"],
        ]


globals().update(suite("unit_testing", BaseUnitTestingTypes=Types))
