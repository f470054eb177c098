import { databaseUrl } from "#ledger/index.ts";
import { type LabEvent, type LabRunResult, RunOrder, type RunLabOptions, withoutResult } from "#pipeline/index.ts";
import type { Lab, Workspace } from "#registry/index.ts";
import type { VerbInput } from "../io.ts";
import { withLedger } from "../look/ledger.ts";

/**
 * Runs labs through the workspace's server, whose queue and limits then count for them too; undefined when none runs, or
 * the command wants to run by itself.
 */
export async function runOnServer(
  { io, options }: VerbInput,
  workspace: Workspace,
  labs: Lab[],
  settings: Omit<RunLabOptions, "onEvent">,
  onEvent: (event: LabEvent) => void,
): Promise<LabRunResult[] | undefined> {
  // Looking for the server must cost a run without one nothing.
  if (options["server"] === false) return undefined;
  if (databaseUrl() === undefined && !workspace.exists(`${workspace.state}/server.json`)) return undefined;
  const { connectToServer } = await import("#orchestrate/index.ts");
  const client = await connectToServer(workspace.state);
  if (!client) return undefined;
  const { wait = true, command = "labs run", signal: _signal, ...plain } = settings;
  const started = performance.now();
  try {
    const order = new RunOrder(labs);
    const runOne = async (lab: Lab): Promise<LabRunResult> => {
      const end = await client.run(lab.name, plain, { command, wait, signal: io.signal, onEvent });
      if (end.result) return end.result;
      const error = end.error ?? end.job?.error ?? undefined;
      const result: LabRunResult = {
        ...withoutResult(lab, started, {
          message: error?.message ?? end.job?.message ?? "",
          ...(error && { error }),
          // What another host ran ended there.
          status: end.job?.state === "ok" || end.job?.state === "cancelled" ? end.job.state : "failed",
        }),
        ...(end.job?.run && (await recorded(workspace, end.job.run))),
      };
      // There was no step that could have said it.
      if (error) {
        const text = [`${error.code}: ${error.message}`, ...(error.hint ? [`fix: ${error.hint}`] : [])].join("\n");
        onEvent({ type: "message", lab: lab.name, level: "error", text });
      }
      onEvent({ type: "run-finish", lab: lab.name, result });
      return result;
    };
    const results = new Map<Lab, LabRunResult>();
    const next = async () => {
      const lab = await order.next();
      if (!lab) return;
      results.set(lab, await runOne(lab));
      order.done(lab);
    };
    await Promise.all(labs.map(next));
    return labs.flatMap((lab) => results.get(lab) ?? []);
  } finally {
    client.close();
  }
}

/** What the ledger has of a run whose result only another host knows. */
async function recorded(workspace: Workspace, run: string): Promise<Partial<LabRunResult>> {
  const summary = await withLedger(workspace, async (ledger) => (await ledger.run(run)).summary).catch(() => null);
  return {
    runId: run,
    rowsLoaded: summary?.rowsLoaded ?? 0,
    rowsQuarantined: summary?.rowsQuarantined ?? 0,
    ...(summary?.models && { models: { unchanged: 0, ...summary.models } }),
    ...(summary?.tests && { tests: { unchanged: 0, ...summary.tests } }),
  };
}
