"""Reads artifacts as tools around dbt do: one line of JSON each with what is wrong, or null."""
import json
import pathlib
import sys

from dbt_artifacts_parser.parser import parse_catalog, parse_manifest, parse_run_results, parse_sources

readers = {
    "manifest.json": parse_manifest,
    "run_results.json": parse_run_results,
    "catalog.json": parse_catalog,
    "sources.json": parse_sources,
}
for path in map(pathlib.Path, sys.argv[1:]):
    try:
        readers[path.name](json.loads(path.read_text()))
        problem = None
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
    print(json.dumps({"path": str(path), "problem": problem}))
