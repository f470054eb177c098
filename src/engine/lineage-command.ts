import { join, isAbsolute } from "node:path";
import { openDatabase, quoteIdentifier } from "#duck/index.ts";
import { openTarget, type OpenTarget } from "./adapter/index.ts";
import { attachmentPath } from "./adapter/attach.ts";
import { compileNode, type EphemeralCompilations } from "./5-compile/index.ts";
import { errorText, resultOf } from "./6-execute/outcome.ts";
import { prepareDatabase } from "./6-execute/prepare-database.ts";
import { runNodes } from "./6-execute/run-nodes.ts";
import type { Flags } from "./flags.ts";
import { pathKind } from "./1-read/index.ts";
import type { Target } from "./1-read/types.ts";
import { lineageOf, type ProjectLineage } from "./lineage/index.ts";
import { deferNodes } from "./commands/defer.ts";
import type { CommandOptions, Invocation } from "./commands/invocation.ts";
import { inProject } from "./run-command.ts";

/** See `columnLineage` of open-project.ts. */
export function compiledLineage(flags: Flags, options: CommandOptions): Promise<ProjectLineage> {
  return inProject({ ...flags, command: "compile", writeJson: false }, options, readLineage);
}

async function readLineage(invocation: Invocation): Promise<ProjectLineage> {
  const { manifest, read, flags, options } = invocation;
  const selected = invocation.select(undefined);
  deferNodes(invocation);
  const open = await openForReading(read.target, read.root.root, options);
  try {
    const execution = { ...invocation.execution(selected), writeFile: () => {} };
    const master = open.session();
    await prepareDatabase(execution, master, []);
    await master.release();
    const ephemeral: EphemeralCompilations = new Map();
    const failures = new Map<string, string>();
    await runNodes(execution, {
      graph: invocation.graph,
      selected,
      ephemeral,
      session: () => open.session(),
      threads: flags.threads ?? read.target.threads,
      build: false,
      failFast: false,
      announce: false,
      signal: options.signal ?? new AbortController().signal,
      work: async (own) => {
        try {
          if (own.node.resource_type !== "seed") await compileNode(own, { ephemeral, write: false });
        } catch (error) {
          failures.set(
            own.node.unique_id,
            `It cannot be compiled: ${errorText(error, own.node, own.node.compiled_path)}`,
          );
        } finally {
          await own.session.release();
        }
        // What reads a node that cannot be compiled can be compiled all the same.
        return resultOf(own.node, { status: "success", threadId: own.threadId });
      },
    });
    const connection = await open.connect();
    return await lineageOf({ manifest, root: read.root.root, target: read.target, failures }, connection);
  } finally {
    await open.close();
  }
}

/** The target's database for reading, or an empty one of its name. Attached files that do not exist are not made. */
async function openForReading(target: Target, projectDir: string, options: CommandOptions): Promise<OpenTarget> {
  const attach = target.attach.flatMap((entry) => {
    const { file, readOnly } = attachmentPath(entry, projectDir);
    if (file !== undefined && pathKind(file) === undefined) return [];
    const known = readOnly || file === undefined;
    return [known ? entry : { ...entry, read_only: true, options: withoutReadOnly(entry.options) }];
  });
  const reading = { ...target, attach };
  const file = isAbsolute(target.path) ? target.path : join(projectDir, target.path);
  if (
    options.database ||
    target.path.startsWith(":memory:") ||
    pathKind(file) === "file" ||
    target.path.includes("://")
  )
    return openTarget(reading, { projectDir, readOnly: true, ...(options.database && { database: options.database }) });
  const database = await openDatabase(":memory:");
  try {
    const connection = await database.connect();
    await connection.run(`attach ':memory:' as ${quoteIdentifier(target.database)}`);
    const open = await openTarget(reading, { projectDir, readOnly: true, database });
    return { ...open, close: () => database.close() };
  } catch (error) {
    await database.close();
    throw error;
  }
}

const withoutReadOnly = (options: unknown): unknown => {
  if (typeof options !== "object" || options === null) return options;
  const { read_only: _readOnly, ...others } = options as Record<string, unknown>;
  return others;
};
