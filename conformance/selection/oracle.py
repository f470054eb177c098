"""Answers selection questions with dbt-core's own selector, graph and queue.

Usage: oracle.py <questions.json> <answers.json>
The questions are written by fuzz.ts, which also reads the answers; their shapes stand there.
"""

import argparse
import json
import os
import sys
import tempfile
from datetime import datetime
from types import SimpleNamespace

from dbt.flags import set_from_args

set_from_args(
    argparse.Namespace(
        INDIRECT_SELECTION="eager",
        WARN_ERROR=False,
        WARN_ERROR_OPTIONS=None,
        STORE_FAILURES=False,
        MAXIMUM_SEED_SIZE_MIB=1,
        USE_FAST_TEST_EDGES=False,
        SEND_ANONYMOUS_USAGE_STATS=False,
        state_modified_compare_more_unrendered_values=True,
    ),
    None,
)

from dbt.adapters.duckdb.impl import DuckDBAdapter
from dbt.adapters.factory import FACTORY, load_plugin

load_plugin("duckdb")
FACTORY.adapters["duckdb"] = DuckDBAdapter

from dbt import flags
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.compilation import Linker
from dbt.config.selectors import SelectorConfig, SelectorDict
from dbt.contracts.graph.manifest import Manifest
from dbt.graph import ResourceTypeSelector, parse_difference
from dbt.graph.queue import GraphQueue
from dbt.node_types import NodeType
from dbt_common.events.contextvars import task_contextvars
from dbt_common.events.event_manager_client import add_callback_to_manager

messages = []
WATCHED = {
    "NoNodesForSelectionCriteria",
    "UnversionedBreakingChange",
    "SeedIncreased",
    "SeedExceedsLimitSamePath",
    "SeedExceedsLimitAndPathChanged",
}
add_callback_to_manager(lambda event: messages.append(event.info.name) if event.info.name in WATCHED else None)


def load(data):
    return Manifest.from_writable_manifest(WritableManifest.upgrade_schema_version(data))


def dump(manifest):
    manifest.build_parent_and_child_maps()
    manifest.build_group_map()
    return json.loads(
        json.dumps(
            manifest.writable_manifest().to_dict(omit_none=False, context={"artifact": True}),
            default=str,
        )
    )


def sources_state(entries):
    results = []
    for entry in entries:
        fields = {"unique_id": entry["unique_id"]}
        if "max_loaded_at" in entry:
            fields["max_loaded_at"] = datetime.fromisoformat(entry["max_loaded_at"].replace("Z", "+00:00"))
        results.append(SimpleNamespace(**fields))
    return SimpleNamespace(results=results)


def previous_state(item):
    if "previous" not in item:
        return None
    return SimpleNamespace(
        manifest=load(item["previous"]),
        results=[SimpleNamespace(**entry) for entry in item["results"]],
        sources=sources_state(item["sources"]),
        sources_current=sources_state(item["sourcesCurrent"]),
    )


def drain(queue, threads):
    """The order in which nodes are handed out when `threads` run at once and the oldest always ends first."""
    order, running = [], []
    while True:
        while len(running) < threads and queue.inner.qsize() > 0:
            node = queue.get(block=False)
            order.append(node.unique_id)
            running.append(node.unique_id)
        if not running:
            return order
        queue.mark_done(running.pop(0))


def answer(case, manifest, graph, state, selectors):
    messages.clear()
    flags.get_flags().__dict__["INDIRECT_SELECTION"] = case["indirect"]
    default = next((name for name, entry in selectors.items() if entry["default"] is True), None)
    if case.get("selector"):
        spec = selectors[case["selector"]]["definition"]
    elif default and not case["select"] and not case["exclude"]:
        spec = selectors[default]["definition"]
    else:
        spec = parse_difference(tuple(case["select"]), tuple(case["exclude"]))
    selector = ResourceTypeSelector(
        graph=graph,
        manifest=manifest,
        previous_state=state,
        resource_types=[NodeType(name) for name in case["types"]],
        include_empty_nodes=case["empty"],
        selectors=selectors,
    )
    selected = selector.get_selected(spec)
    result = {"selected": sorted(selected), "messages": sorted(set(messages))}
    subset = graph.get_subset_graph(selected)
    result["subset"] = sorted([list(edge) for edge in subset.graph.edges()])
    result["order"] = drain(GraphQueue(subset.graph, manifest, selected), case["threads"])
    return result


def item_answers(item):
    manifest = load(item["manifest"])
    state = previous_state(item)
    result = {"manifest": dump(manifest)}
    if state:
        result["previous"] = dump(state.manifest)
    try:
        linker = Linker()
        graph = linker.get_graph(manifest)
        if item["build"]:
            manifest.build_parent_and_child_maps()
            linker.add_test_edges(manifest)
    except Exception as error:
        return {**result, "graphError": str(error)}
    selectors = {}
    if "selectors" in item:
        try:
            flags.get_flags().__dict__["INDIRECT_SELECTION"] = item["selectorIndirect"]
            result["selectorDict"] = SelectorDict.parse_from_selectors_list(
                json.loads(json.dumps(item["selectors"]["selectors"]))
            )
            selectors = SelectorConfig.selectors_from_dict(item["selectors"])
        except Exception as error:
            result["selectorsError"] = f"{type(error).__name__}: {error}"
            result.pop("selectorDict", None)
    answers = []
    for case in item["cases"]:
        try:
            answers.append(answer(case, manifest, graph, state, selectors))
        except Exception as error:
            answers.append({"error": f"{type(error).__name__}: {error}"})
    return {**result, "answers": answers}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        items = json.load(file)
    results = []
    for item in items:
        with tempfile.TemporaryDirectory() as root:
            for path in item["files"]:
                full = os.path.join(root, path)
                os.makedirs(os.path.dirname(full), exist_ok=True)
                open(full, "w").close()
            with task_contextvars(project_root=root):
                results.append(item_answers(item))
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(results, file)


main()
