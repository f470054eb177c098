import type { GraphNode } from "../manifest/types.ts";
import { linkOne } from "../3-link/references.ts";
import { renderNode } from "./node.ts";
import type { ParsedProject } from "./parse-project.ts";
import { throwCollected, type ParseState } from "./state.ts";

/** Parses SQL that was given on the command line and links it into a parsed project. */
export function parseInline(parsed: ParsedProject, node: GraphNode): void {
  const state: ParseState = {
    runtime: parsed.runtime,
    errors: [],
    templates: parsed.templates,
    captured: new Map(),
    calls: new Map(),
    unrenderedCalls: new Map(),
    sources: new Map(),
  };
  renderNode(state, node, {
    file: { path: node.original_file_path, searchPath: ".", relativePath: node.path, contents: node.raw_code },
  });
  linkOne(state, parsed.lookup, node);
  throwCollected(state.errors);
}
