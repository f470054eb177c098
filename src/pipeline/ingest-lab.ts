import { errorToJson, isLabsError, plural, thousands } from "#errors/index.ts";
import {
  detectChanges,
  type DetectOptions,
  filesInWords,
  type IngestPlan,
  type IngestResult,
  loadChanges,
} from "#ingest/index.ts";
import type { Ledger, RunRecorder } from "#ledger/index.ts";
import { type Lab, requireOwnDatabase, type Workspace } from "#registry/index.ts";
import { freezeContracts } from "./freeze-contracts.ts";
import { holdingLab, recording, withLabDatabase } from "./held-lab.ts";
import { noteLoads } from "./note-loads.ts";
import { record } from "./record.ts";
import type { LabEvent } from "./types.ts";

export interface IngestLabOptions extends Pick<DetectOptions, "sources" | "verify" | "fullRefresh" | "signal"> {
  /** Wait for whoever holds the lab. Default true. */
  wait?: boolean;
  /** For the ledger: how it was started, and the command as typed. */
  trigger?: string;
  command?: string;
  /** Nothing to load is no run: a watcher looks often. */
  onlyChanges?: boolean;
  /** Before anything is loaded; may throw. */
  onPlan?: (plan: IngestPlan) => void;
  onEvent?: (event: LabEvent) => void;
}

export interface IngestLabResult {
  /** Id in the ledger; null when there was nothing to record. */
  runId: string | null;
  plan: IngestPlan;
  result: IngestResult;
}

/**
 * Loads what is new in a lab's raw folder, as a run of its own in the history with the steps check and load.
 * Errors: REG-014/015 when the lab is held or waiting was cancelled, ING-007, and those of the database as a whole.
 */
export async function ingestLab(
  workspace: Workspace,
  lab: Lab,
  options: IngestLabOptions = {},
): Promise<IngestLabResult> {
  lab.requireRunnable();
  requireOwnDatabase(workspace, lab);
  const { command = `labs ingest ${lab.name}`, onEvent = () => {} } = options;
  const settled = { ...options, command, onEvent };
  return holdingLab(lab, settled, () => recording(workspace, (ledger) => recorded(ledger, lab, settled)));
}

type Settled = IngestLabOptions & Required<Pick<IngestLabOptions, "command" | "onEvent">>;

async function recorded(ledger: Ledger, lab: Lab, options: Settled): Promise<IngestLabResult> {
  const { trigger = "cli", command, onlyChanges = false, signal, onEvent } = options;
  const begin = () => ledger.startRun({ lab: lab.name, trigger, command });
  let recorder: RunRecorder | undefined = onlyChanges ? undefined : await begin();
  const emit = (event: LabEvent) => {
    if (recorder) record(recorder, event);
    onEvent(event);
  };
  try {
    return await withLabDatabase(lab, async ({ database, journal }) => {
      const check = recorder?.step("check");
      const { sources, verify = false, fullRefresh = false } = options;
      const plan = await detectChanges({
        lab,
        database,
        verify,
        fullRefresh,
        // APIs have their own rhythm; a watcher of files looks many times a minute.
        polls: !onlyChanges,
        ...(sources && { sources }),
        ...(signal && { signal }),
      });
      options.onPlan?.(plan);
      if (plan.changes.some(({ reason, action }) => reason !== "unchanged" && action !== "wait"))
        recorder ??= await begin();
      const { changes, unchanged, unclaimed } = plan;
      emit({ type: "checked", lab: lab.name, changes, unchanged, unclaimed });
      check?.finish("ok");
      const load = recorder?.step("load");
      const result = await noteLoads(journal, plan, () =>
        loadChanges(plan, {
          database,
          loadId: recorder?.id ?? lab.name,
          ...(signal && { signal }),
          onEvent: (event) => emit({ type: "ingest", lab: lab.name, event }),
        }),
      );
      await freezeContracts(lab, database, plan, result, emit);
      const failed = result.failed > 0;
      load?.finish(failed ? "failed" : "ok", { rows: result.rowsLoaded });
      await recorder?.finish(failed ? "failed" : "ok", {
        rowsLoaded: result.rowsLoaded,
        rowsQuarantined: result.rowsQuarantined,
        files: result.files.length,
        message: inOneSentence(result),
      });
      return { runId: recorder?.id ?? null, plan, result };
    });
  } catch (error) {
    const cancelled = signal?.aborted === true;
    const json = errorToJson(error);
    await recorder?.finish(cancelled ? "cancelled" : "failed", {
      message: cancelled ? "Cancelled; loaded files are kept." : json.message,
      ...(!cancelled && isLabsError(error) && { error: json }),
    });
    throw error;
  }
}

function inOneSentence({ files, rowsLoaded, rowsQuarantined, failed }: IngestResult): string {
  if (failed > 0) return `${filesInWords(files, "failed")} could not be loaded.`;
  const loaded = filesInWords(files, "loaded");
  if (loaded === "") return "Nothing new.";
  const rejected = rowsQuarantined > 0 ? `, ${thousands(rowsQuarantined)} quarantined` : "";
  return `${plural(rowsLoaded, "row")} from ${loaded}${rejected}.`;
}
