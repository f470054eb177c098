import { join, resolve } from "node:path";
import { listBackups, restoreLab } from "#ingest/index.ts";
import { acquireLabLock, describeHolder, requireOwnDatabase } from "#registry/index.ts";
import { labOf, workspaceOf, writeJson } from "../context.ts";
import { cliErrors } from "../errors.ts";
import type { Verb } from "../io.ts";
import { plural } from "../render/index.ts";

export const verb: Verb = {
  arguments: [{ name: "[lab]", description: "The lab; default: the one of the current folder" }],
  options: [
    { flags: "--from <folder>", description: "The backup; default: the newest one in .labs/backups" },
    { flags: "--any-lab", description: "Also a backup of another lab" },
    { flags: "--no-wait", description: "Do not wait when somebody else works on the lab" },
  ],
  examples: [
    {
      command: "labs restore lab1_sales_performance",
      does: "Back to the newest backup; what was there is kept beside it",
    },
  ],
  exitNotes: "1 when the backup is damaged; then nothing has changed.",
  async run(input) {
    const { io, options, global } = input;
    const workspace = workspaceOf(input);
    const lab = labOf(input, workspace, input.args[0]);
    lab.requireRunnable();
    requireOwnDatabase(workspace, lab);
    const folder =
      options["from"] === undefined
        ? listBackups(lab, join(workspace.state, "backups")).at(-1)
        : resolve(io.cwd, String(options["from"]));
    if (folder === undefined) {
      throw cliErrors.usage({
        message: `There is no backup of ${lab.name} in ${join(workspace.state, "backups")}.`,
        hint: "Name one with `--from`.",
      });
    }
    const lock = await acquireLabLock(lab, {
      command: `labs restore ${lab.name}`,
      wait: options["wait"] !== false,
      signal: io.signal,
      onWait: (holder) => io.err(`${lab.name} is ${describeHolder(holder)}. Waiting; ctrl-C stops.\n`),
    });
    try {
      const { manifest, kept } = await restoreLab(lab, folder, { anyLab: options["anyLab"] === true });
      if (global.output === "json") {
        writeJson(input, { lab: lab.name, from: folder, created_at: manifest.createdAt, kept: kept ?? null });
        return 0;
      }
      io.out(
        `${lab.name} is as of ${manifest.createdAt} again: ${plural(manifest.tables.length, "table")}, all checked.\n`,
      );
      if (kept !== undefined) io.err(`What was there before: ${kept}\n`);
      return 0;
    } finally {
      lock.release();
    }
  },
};
