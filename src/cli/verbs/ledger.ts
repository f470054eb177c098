import { copyLedger, databaseVariable } from "#ledger/index.ts";
import { workspaceOf, writeJson } from "../context.ts";
import { cliErrors } from "../errors.ts";
import type { Verb } from "../io.ts";
import { ledgerFile } from "../look/ledger.ts";
import { formatCount, plural } from "../render/index.ts";

export const verb: Verb = {
  arguments: [{ name: "<action>", description: "copy", required: true }],
  options: [
    {
      flags: "--to <variable>",
      description: "copy: the environment variable with the address of the PostgreSQL database",
      default: databaseVariable,
    },
  ],
  examples: [
    { command: "labs ledger copy", does: "Take the history of a workspace along to the database in LABS_DATABASE_URL" },
    { command: "labs ledger copy --to NEW_DATABASE_URL", does: "The same before that variable is set for everybody" },
  ],
  exitNotes:
    "1 when the database cannot be reached or the copy is incomplete: the next one goes on. 2 when something runs, or the database has a history of its own.",
  async run(input) {
    const { io, args, options, global } = input;
    if (args[0] !== "copy") {
      throw cliErrors.usage({ message: `There is no action ${args[0]}.`, hint: "Use `labs ledger copy`." });
    }
    const workspace = workspaceOf(input);
    const file = ledgerFile(workspace);
    const variable = String(options["to"]);
    const url = io.env[variable]?.trim();
    if (!url) {
      throw cliErrors.usage({
        message: `The variable ${variable} is not set.`,
        hint: `\`export ${variable}=postgresql://user:password@host:5432/database\`, then copy.`,
      });
    }
    if (!workspace.exists(file)) {
      throw cliErrors.usage({
        message: `There is nothing to copy: ${file} does not exist.`,
        hint: "Begin with the database as it is.",
      });
    }
    const counts = await copyLedger(file, url, ({ table, rows }) => {
      if (!global.quiet && rows > 0) io.err(`  ${table}: ${plural(rows, "row")}\n`);
    });
    if (global.output === "json") {
      writeJson(input, { from: file, to: variable, tables: Object.fromEntries(counts.map((c) => [c.table, c.rows])) });
      return 0;
    }
    const all = counts.reduce((sum, { rows }) => sum + rows, 0);
    io.out(`${formatCount(all)} rows of ${file} are in the database, table by table as many as in the file.\n`);
    io.out(`The file stays as it is; with ${databaseVariable} set nothing reads it any more.\n`);
    return 0;
  },
};
