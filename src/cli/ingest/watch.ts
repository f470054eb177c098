import { isLabsError, renderError } from "#errors/index.ts";
import { watchFolder } from "#ingest/index.ts";
import { ingestLab } from "#pipeline/index.ts";
import { type Lab, milliseconds, type Workspace } from "#registry/index.ts";
import { cliErrors } from "../errors.ts";
import type { VerbInput } from "../io.ts";
import { formatClock } from "../render/index.ts";
import { planJson, showOutcome } from "./report.ts";

/**
 * Loads what arrives until ctrl-C. With `-o json` every load is one line of JSON. A lab is locked only while something of
 * it is loaded; an error is shown, and the next look tries again.
 */
export async function watchLabs(input: VerbInput, workspace: Workspace, labs: Lab[]): Promise<number> {
  const { io, options, global } = input;
  const every = String(options["every"]);
  if (!/^[1-9][0-9]* ?(s|seconds?|m|min|minutes?|h|hours?)$/.test(every)) {
    throw cliErrors.usage({ message: `--every takes a time such as \`30 s\` or \`5 minutes\`, not ${every}.` });
  }
  // One database at a time: what several labs get at once is loaded one after the other.
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work);
    turn = result.catch(() => {});
    return result;
  };
  await Promise.all(
    labs.map((lab) => {
      if (global.output === "text") io.err(`Watching ${workspace.display(lab.paths.raw)}; ctrl-C stops.\n`);
      return watchFolder(lab.paths.raw, () => inTurn(() => look(input, workspace, lab)), {
        signal: io.signal,
        intervalMs: milliseconds(every),
        poll: options["poll"] === true,
        onPolling: (why) =>
          io.err(`${lab.name}: files cannot be watched here (${why}); looking every second instead.\n`),
      });
    }),
  );
  return 0;
}

async function look(input: VerbInput, workspace: Workspace, lab: Lab): Promise<{ again: boolean }> {
  const { io, global, options } = input;
  const sources = (options["source"] as string[] | undefined) ?? fileSources(lab);
  try {
    const { plan, result, runId } = await ingestLab(workspace, lab, {
      trigger: "file",
      command: `labs ingest ${lab.name} --watch`,
      onlyChanges: true,
      signal: io.signal,
      ...(sources && { sources }),
    });
    if (runId !== null) {
      if (global.output === "json") {
        io.out(
          `${JSON.stringify({ lab: lab.name, at: new Date().toISOString(), run: runId, plan: planJson(plan), result })}\n`,
        );
      } else {
        io.out(`${formatClock(new Date())} ${lab.name}\n`);
        showOutcome(input, { lab: lab.name, plan, result }, false);
      }
    }
    return {
      again:
        plan.changes.some(({ action }) => action === "wait") ||
        result.files.some(({ outcome }) => outcome === "waiting"),
    };
  } catch (error) {
    if (io.signal.aborted) return { again: false };
    // A lab that another command holds, a disk that is full: the next look may find it better.
    if (!isLabsError(error)) throw error;
    io.err(`${renderError(error, { color: io.color })}\n`);
    return { again: error.retryable };
  }
}

/** Sources that are polled have a clock of their own. */
function fileSources(lab: Lab): string[] | undefined {
  const { sources } = lab.config;
  return sources.length === 0 ? undefined : sources.filter(({ path }) => path.length > 0).map(({ name }) => name);
}
