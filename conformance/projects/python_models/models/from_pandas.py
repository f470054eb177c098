"""A docstring that mentions dbt.ref("nothing")."""

import datetime
import decimal

import pandas as pd  # dbt.ref("neither")


def model(dbt, session):
    dbt.config(
        materialized="table",
        tags=["py", 'thon'],
        meta={"number": 2, "nested": {"list": [1, 2.5, None, True], "empty": {}}},
        least=1_0,
    )
    df = dbt.ref("sales").df()
    df["twice"] = df["amount"] * 2
    df["owner"] = dbt.config.get("meta")["owner"] if dbt.config.get("meta") else "none"
    df["level"] = dbt.config.meta_get("level", 9)
    df["missing"] = dbt.config.get("not there", "fallback")
    df["least"] = dbt.config.get("least")
    df["when"] = datetime.datetime(2024, 1, 2, 3, 4, 5)
    df["exact"] = decimal.Decimal("1.25")
    df["object"] = [{"a": 1}, {"a": 2}, None, {"a": 4}]
    df["relation"] = f"{dbt.this}"
    df["name"] = dbt.this.identifier + dbt.this.schema
    df["none"] = None
    return df
