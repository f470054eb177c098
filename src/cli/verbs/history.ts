import { impliedLab, workspaceOf, writeJson } from "../context.ts";
import { cliErrors } from "../errors.ts";
import type { Verb } from "../io.ts";
import { shortId, testsText, withLedger } from "../look/ledger.ts";
import {
  formatCount,
  formatDuration,
  formatScore,
  formatTime,
  palette,
  renderTable,
  scoreColor,
  sparkline,
  statusColor,
} from "../render/index.ts";

export const verb: Verb = {
  arguments: [{ name: "[lab]", description: "Only this lab's runs; default: the lab of the current folder, or all" }],
  options: [{ flags: "-n, --limit <runs>", description: "How many runs", default: "20" }],
  examples: [
    { command: "labs history", does: "The last runs of all labs" },
    { command: "labs history lab1_sales_performance -n 5", does: "The last five runs of one lab" },
  ],
  async run(input) {
    const { io, global, args, options } = input;
    const workspace = workspaceOf(input);
    const lab = args[0] === undefined ? impliedLab(input, workspace) : workspace.lab(args[0]);
    const limit = Number(options["limit"]);
    if (!Number.isInteger(limit) || limit < 1) {
      throw cliErrors.usage({ message: `--limit is a number from 1 up, not ${String(options["limit"])}.` });
    }
    const found = await withLedger(workspace, (ledger) =>
      ledger.runs({ limit: limit + 1, ...(lab && { lab: lab.name }) }),
    );
    const runs = found.slice(0, limit);
    if (global.output === "json") {
      writeJson(input, { runs, next: found.length > limit ? (runs.at(-1)?.id ?? null) : null });
      return 0;
    }
    if (runs.length === 0) {
      io.out(
        lab ? `${lab.name} has not run yet. Run it: labs run ${lab.name}\n` : "Nothing has run yet. Run: labs run\n",
      );
      return 0;
    }
    const paint = palette(io.color);
    const columns = [
      { title: "RUN" },
      { title: "LAB", shrinkTo: 12 },
      { title: "STARTED" },
      { title: "RESULT" },
      { title: "TIME", align: "right" as const },
      { title: "ROWS", align: "right" as const, spare: 2 },
      { title: "TESTS", spare: 1 },
      { title: "SCORE", align: "right" as const },
      { title: "BY", shrinkTo: 8, spare: 4 },
      { title: "COMMAND", shrinkTo: 10, spare: 3 },
    ];
    const rows = runs.map((run) => {
      const score = run.summary?.score ?? null;
      return [
        shortId(run),
        run.lab,
        formatTime(run.startedAt),
        paint[statusColor(run.status)](run.status),
        run.seconds === null ? "" : formatDuration(run.seconds),
        run.summary?.rowsLoaded === undefined ? "" : formatCount(run.summary.rowsLoaded),
        testsText(run),
        score === null ? "" : paint[scoreColor(score)](formatScore(score)),
        run.user,
        run.command,
      ];
    });
    io.out(renderTable(columns, rows, { color: io.color, ...(io.isTTY && { width: io.width }) }));
    const scores = runs.map((run) => run.summary?.score ?? null).reverse();
    if (lab && scores.filter((score) => score !== null).length > 1) {
      io.out(`\nscore, oldest to newest  ${sparkline(scores)}\n`);
    }
    return 0;
  },
};
