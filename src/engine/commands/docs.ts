import type { OpenTarget } from "../adapter/index.ts";
import type { EphemeralCompilations } from "../5-compile/index.ts";
import type { NodeExecution } from "../context/execution.ts";
import {
  buildCatalog,
  copyAssets,
  noteLineage,
  writeCatalog,
  writeColumnLineage,
  writeDocsSite,
} from "../7-artifacts/index.ts";
import type { ProjectLineage } from "../lineage/types.ts";
import type { RunResult } from "../manifest/types.ts";
import { catalogRows } from "../6-execute/catalog-rows.ts";
import { prepareDatabase } from "../6-execute/prepare-database.ts";
import { runNodes } from "../6-execute/run-nodes.ts";
import { compileOnly, raiseFirst } from "./compile-only.ts";
import { deferNodes } from "./defer.ts";
import type { Invocation } from "./invocation.ts";
import type { CommandResult } from "./result.ts";
import { asked, compiledText } from "./shown-text.ts";
import { nodeOptions, withDatabase } from "./with-database.ts";

/** docs generate: manifest, catalog, column lineage and the site. */
export async function docs(invocation: Invocation): Promise<CommandResult> {
  const { flags } = invocation;
  const state = invocation.previousState();
  const selected = invocation.select(state);
  // Sources are in the catalog though nothing compiles them. Without compiling dbt selects nothing: all is shown.
  const shown = flags.compileDocs
    ? new Set([...selected, ...invocation.select(state, { command: "list", resourceTypes: ["source"] })])
    : undefined;
  deferNodes(invocation);
  return withDatabase(invocation, selected, async (open, execution) => {
    const ephemeral: EphemeralCompilations = new Map();
    let results: RunResult[] = [];
    if (flags.compileDocs) {
      const master = open.session();
      await prepareDatabase(execution, master, []);
      await master.release();
      if (selected.size > 0) invocation.announceThreads(selected.size);
      const work = (own: NodeExecution) => compileOnly(own, ephemeral, async () => {});
      results = await runNodes(execution, {
        ...nodeOptions(invocation, open, selected, ephemeral, invocation.graph),
        work,
        announce: false,
      });
      await invocation.files.flush();
      raiseFirst(results);
      tellCompiled(invocation, results);
    }
    if (!flags.emptyCatalog) tell(invocation, "Building catalog", "BuildingCatalog", "E044");
    const session = open.session();
    const { rows, errors } = flags.emptyCatalog ? { rows: [], errors: [] } : await catalogRows(execution, session);
    await session.release();
    const catalog = buildCatalog(rows, invocation.manifest, flags.emptyCatalog ? new Set() : shown);
    const lineage = flags.compileDocs ? await readLineage(invocation, open) : undefined;
    if (lineage) noteLineage(invocation.manifest, lineage);
    if (flags.compileDocs) invocation.writeManifest();
    if (lineage) writeColumnLineage(invocation.targetFolder, invocation.manifest.metadata, lineage);
    copyAssets(invocation.read.root.root, invocation.targetFolder, invocation.read.root.paths.asset);
    if (flags.compileDocs) invocation.writeResults(results);
    const path = writeCatalog(invocation.targetFolder, { metadata: invocation.manifest.metadata, catalog, errors });
    await writeDocsSite(invocation.targetFolder, invocation.manifest, catalog, { lineage });
    tell(invocation, `Catalog written to ${path}`, "CatalogWritten", "E042");
    if (errors.length > 0) {
      invocation.options.sink({
        type: "message",
        level: "error",
        text: `dbt encountered ${errors.length} failure${errors.length === 1 ? "" : "s"} while writing the catalog`,
        name: "WriteCatalogFailure",
        code: "E041",
      });
    }
    return { success: errors.length === 0, exit: errors.length === 0 ? 0 : 1, results };
  });
}

function tell({ options }: Invocation, text: string, name: string, code: string): void {
  options.sink({ type: "message", level: "info", text, name, code });
}

/** What was compiled of the nodes that the command line names, as `compile` shows it. */
function tellCompiled({ flags, manifest, options }: Invocation, results: readonly RunResult[]): void {
  for (const { unique_id } of results) {
    const node = manifest.nodes[unique_id];
    if (!node || !asked(flags, node)) continue;
    const text = compiledText(node, flags);
    options.sink({ type: "message", level: "info", text, name: "CompiledNode", code: "Q042", bare: true });
  }
}

/** Column-level lineage for the documentation; whatever goes wrong with it, there are still the catalog and the site. */
async function readLineage(invocation: Invocation, open: OpenTarget): Promise<ProjectLineage | undefined> {
  const { manifest, read } = invocation;
  const connection = await open.connect();
  try {
    const { lineageOf } = await import("../lineage/index.ts");
    return await lineageOf({ manifest, root: read.root.root, target: read.target }, connection);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    invocation.options.sink({ type: "message", level: "info", text: `Column lineage was left out: ${reason}` });
    return undefined;
  } finally {
    await connection.close();
  }
}
