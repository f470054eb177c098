import type { Ledger } from "#ledger/index.ts";
import { schedulesOf } from "#orchestrate/index.ts";
import type { Workspace } from "#registry/index.ts";
import { errorToJson } from "#errors/index.ts";
import type { Health } from "../types.ts";

type Item = Health["items"][number];

/** What a person should know: labs that failed, configurations that cannot be used, a server that is missing. */
export async function healthItems(workspace: Workspace, ledger: Ledger): Promise<Item[]> {
  const items: Item[] = [];
  const [last, workers] = await Promise.all([ledger.lastRuns(), ledger.jobs.workers(new Date())]);
  const active = workspace.active;
  for (const { name } of active) {
    const run = last.get(name);
    if (run?.status === "failed" || run?.status === "crashed")
      items.push({
        level: "attention",
        check: "last_run",
        lab: name,
        text: `Its last run ${run.status}. ${run.summary?.message ?? ""}`.trim(),
        hint: null,
      });
    else if ((run?.summary?.tests?.failed ?? 0) > 0)
      items.push({
        level: "attention",
        check: "tests",
        lab: name,
        text: `${run?.summary?.tests?.failed} tests fail.`,
        hint: null,
      });
  }
  const { schedules, problems } = schedulesOf(active);
  for (const { lab, error } of problems) {
    const { code, message, hint } = errorToJson(error);
    items.push({ level: "attention", check: "config", lab, text: `${code}: ${message}`, hint: hint ?? null });
  }
  const server = workers.some(({ kind, alive }) => kind === "server" && alive);
  const scheduled = schedules.filter(({ active: runs }) => runs).length;
  if (!server)
    items.push({
      level: scheduled > 0 ? "attention" : "note",
      check: "server",
      lab: null,
      text:
        scheduled > 0
          ? `${scheduled} labs have schedules, and no server follows them.`
          : "No server runs: labs are run by hand.",
      hint: "Start it: labs serve",
    });
  return items;
}
