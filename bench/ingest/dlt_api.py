"""Loads all pages of the bench's API into a DuckDB file with dlt: base URL, database."""

import sys

import dlt
from dlt.sources.rest_api import rest_api_source

url, database = sys.argv[1:3]
source = rest_api_source(
    {
        "client": {
            "base_url": url,
            "paginator": {"type": "cursor", "cursor_path": "next", "cursor_param": "cursor"},
        },
        "resources": [
            {"name": "sales", "endpoint": {"path": "sales", "params": {"size": 1000}, "data_selector": "data"}}
        ],
    }
)
pipeline = dlt.pipeline(
    pipeline_name="bench_api",
    destination=dlt.destinations.duckdb(database),
    dataset_name="raw",
    pipelines_dir=database + ".dlt",
)
pipeline.run(source).raise_on_failed_jobs()
