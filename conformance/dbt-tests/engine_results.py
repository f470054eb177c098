"""The Python objects that dbt's runner returns, rebuilt from the artifacts of a finished command."""

import json
import os
import re
from types import SimpleNamespace

import agate
import yaml
from dbt.artifacts.schemas.catalog import CatalogArtifact
from dbt.artifacts.schemas.freshness import FreshnessExecutionResultArtifact, FreshnessResult
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.artifacts.schemas.run import RunExecutionResult, RunResult, RunResultsArtifact
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import UnitTestDefinition
from dbt_common.clients import agate_helper

LOG_LINE = re.compile(r"^(\d\d:\d\d:\d\d |\{\"data\")")


def result_of(call, out, success, printed):
    """`dbtRunnerResult.result` of a command that ran."""
    if call.command in ("ls", "list"):
        if printed is not None:
            return printed
        return [line for line in out.splitlines() if line and not LOG_LINE.match(line)]
    if call.command == "parse":
        return manifest_in(call.target)
    if call.command == "docs":
        return CatalogArtifact.from_dict(read(call.target, "catalog.json"))
    if call.command == "source":
        return freshness_of(call)
    if call.command in ("deps", "clean", "init"):
        return None
    if call.command == "debug":
        return success
    return run_results_in(call, out)


def freshness_of(call):
    """What the freshness task returns: a list-like object, empty when nothing was selected."""
    place = call.option("-o") or call.option("--output") or os.path.join(call.target, "sources.json")
    if not os.path.exists(os.path.join(call.project, place)):
        return None
    artifact = FreshnessExecutionResultArtifact.from_dict(read(call.project, place))
    sources = getattr(manifest_in(call.target), "sources", {})
    for result in artifact.results:
        result.node = sources.get(result.unique_id)
    return FreshnessResult(elapsed_time=artifact.elapsed_time, metadata=artifact.metadata, results=artifact.results)


def run_results_in(call, out):
    target = call.target
    if not os.path.exists(os.path.join(target, "run_results.json")):
        return None
    artifact = RunResultsArtifact.from_dict(read(target, "run_results.json"))
    if artifact.args.get("which") == "run-operation":
        return artifact
    manifest = manifest_in(target)
    results = [
        RunResult(
            status=result.status,
            timing=result.timing,
            thread_id=result.thread_id,
            execution_time=result.execution_time,
            adapter_response=result.adapter_response,
            message=result.message,
            failures=result.failures,
            node=node_of(manifest, result),
            batch_results=result.batch_results,
            agate_table=table_of(call, node_of(manifest, result), result, out),
        )
        for result in artifact.results
    ]
    return RunExecutionResult(results=results, elapsed_time=artifact.elapsed_time, args=artifact.args)


def table_of(call, node, result, out):
    """The table that the result of a seed or of `show` carries in Python."""
    if call.command == "show":
        previews = out.split("Previewing ")[1:]
        name = "inline node" if node is None or node.name == "inline_query" else f"'{node.name}"
        own = next((text for text in previews if name in text.split("\n", 1)[0]), "")
        rows = [line for line in own.splitlines() if line.startswith("|")]
        return rows_of(rows) if len(rows) > 1 else None
    if node is None or node.resource_type != "seed" or result.status != "success":
        return None
    # Seeds of a package lie in its own folder.
    path = os.path.join(call.project, node.root_path or "", node.original_file_path)
    return agate_helper.from_csv(path, text_columns=list(node.config.column_types or []), delimiter=node.config.delimiter)


def rows_of(lines):
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return agate.Table(cells[2:], cells[0], [agate.Text()] * len(cells[0]))


def node_of(manifest, result):
    """The node of a result, with what only the run knows about it."""
    if manifest is None:
        return None
    shelves = (manifest.nodes, manifest.unit_tests, manifest.sources, manifest.exposures, manifest.saved_queries)
    shelves += (getattr(manifest, "functions", {}),)
    node = next((shelf[result.unique_id] for shelf in shelves if result.unique_id in shelf), None)
    if node is None and result.unique_id.startswith("sql_operation."):
        # An inline query is in no manifest; in Python its result carries the node.
        name = result.unique_id.split(".")[-1]
        node = SimpleNamespace(name=name, resource_type="sql_operation", unique_id=result.unique_id, compiled_code=None)
    if node is not None and result.compiled_code is not None and hasattr(node, "compiled_code"):
        node.compiled_code = result.compiled_code
        node.compiled = bool(result.compiled)
    if isinstance(node, UnitTestDefinition):
        node.tested_node_unique_id = node.depends_on.nodes[0]
    return node


def manifest_in(target):
    path = os.path.join(target, "manifest.json")
    if not os.path.exists(path):
        return None
    manifest = Manifest.from_writable_manifest(WritableManifest.read_and_check_versions(path))
    # dbt's reader makes the text "None" of a schema that is null.
    for unique_id, written in read(target, "manifest.json")["nodes"].items():
        if written["schema"] is None:
            manifest.nodes[unique_id].schema = None
    return manifest


def target_path_of(project):
    """`target-path` of dbt_project.yml, for old projects that still set it there."""
    try:
        with open(os.path.join(project, "dbt_project.yml"), encoding="utf-8") as file:
            value = (yaml.safe_load(file) or {}).get("target-path")
    except (OSError, yaml.YAMLError, AttributeError):
        return None
    return value if isinstance(value, str) and "{{" not in value else None


def read(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return json.load(file)
