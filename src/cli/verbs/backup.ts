import { join, resolve } from "node:path";
import { backupLab, listBackups } from "#ingest/index.ts";
import { labOf, workspaceOf, writeJson } from "../context.ts";
import type { Verb } from "../io.ts";
import { formatBytes, formatCount, plural } from "../render/index.ts";

export const verb: Verb = {
  arguments: [{ name: "[lab]", description: "The lab; default: the one of the current folder" }],
  options: [
    { flags: "--to <folder>", description: "Where backups lie; default: .labs/backups of the workspace" },
    { flags: "--list", description: "List the lab's backups instead of making one" },
  ],
  examples: [
    { command: "labs backup lab1_sales_performance", does: "A checked copy of its database, also during a run" },
    { command: "labs backup lab1_sales_performance --to /mnt/backups", does: "The same on another disk" },
  ],
  exitNotes: "1 when the copy cannot be made or cannot be read back; then there is no backup.",
  async run(input) {
    const { io, options, global } = input;
    const workspace = workspaceOf(input);
    const lab = labOf(input, workspace, input.args[0]);
    const to = options["to"] === undefined ? join(workspace.state, "backups") : resolve(io.cwd, String(options["to"]));
    if (options["list"] === true) {
      const backups = listBackups(lab, to);
      if (global.output === "json") writeJson(input, { lab: lab.name, backups });
      else io.out(backups.length > 0 ? `${backups.join("\n")}\n` : `There is no backup of ${lab.name} in ${to}.\n`);
      return 0;
    }
    const { folder, manifest } = await backupLab(lab, to, { signal: io.signal });
    if (global.output === "json") {
      writeJson(input, { folder, ...manifest });
      return 0;
    }
    const rows = manifest.tables.reduce((total, table) => total + table.rows, 0);
    io.out(
      `${folder}: ${formatBytes(manifest.bytes)}, ${plural(manifest.tables.length, "table")} with ${formatCount(rows)} rows, read back and checked.\n`,
    );
    io.err("Raw files are no part of it.\n");
    return 0;
  },
};
