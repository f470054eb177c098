"""Loads the CSV files of a folder into a DuckDB file with dlt, by its own fast reader: folder, pattern, database."""

import sys

import dlt
from dlt.sources.filesystem import filesystem, read_csv_duckdb

folder, pattern, database = sys.argv[1:4]
files = filesystem(bucket_url="file://" + folder, file_glob=pattern)
reader = (files | read_csv_duckdb(use_pyarrow=True)).with_name("sales")
pipeline = dlt.pipeline(
    pipeline_name="bench",
    destination=dlt.destinations.duckdb(database),
    dataset_name="raw",
    pipelines_dir=database + ".dlt",
)
pipeline.run(reader).raise_on_failed_jobs()
