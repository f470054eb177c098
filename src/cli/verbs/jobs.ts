import { plural } from "#errors/index.ts";
import { impliedLab, workspaceOf, writeJson } from "../context.ts";
import type { Verb } from "../io.ts";
import { withLedger } from "../look/ledger.ts";
import { positive } from "../run/numbers.ts";
import { ago, formatTime, palette, renderTable, statusColor } from "../render/index.ts";

export const verb: Verb = {
  arguments: [{ name: "[lab]", description: "Only this lab's; default: the lab of the current folder, or all" }],
  options: [
    { flags: "--all", description: "Also those that have ended" },
    { flags: "-n, --limit <jobs>", description: "How many", default: "50" },
  ],
  examples: [
    { command: "labs jobs", does: "What the server runs, and what waits" },
    { command: "labs jobs --all -n 20", does: "The last twenty jobs, also those that have ended" },
  ],
  async run(input) {
    const { io, args, options, global } = input;
    const workspace = workspaceOf(input);
    const lab = args[0] === undefined ? impliedLab(input, workspace) : workspace.lab(args[0]);
    const limit = positive(options["limit"], "--limit");
    const jobs = await withLedger(workspace, (ledger) =>
      ledger.jobs.jobs({
        limit,
        ...(lab && { lab: lab.name }),
        ...(options["all"] !== true && { states: ["queued", "running"] }),
      }),
    );
    if (global.output === "json") {
      writeJson(input, { jobs });
      return 0;
    }
    if (jobs.length === 0) {
      io.out(options["all"] === true ? "No job was ever asked for.\n" : "Nothing runs or waits.\n");
      return 0;
    }
    const paint = palette(io.color);
    io.out(
      renderTable(
        [
          { title: "JOB" },
          { title: "LAB", shrinkTo: 12 },
          { title: "STATE" },
          { title: "DUE" },
          { title: "BY", spare: 1 },
          { title: "ATTEMPT", align: "right", spare: 2 },
          { title: "NOTE", shrinkTo: 12 },
        ],
        jobs.map((job) => [
          job.id.slice(-7),
          job.lab,
          paint[statusColor(job.state)](job.state),
          job.notBefore > new Date().toISOString() ? formatTime(job.notBefore) : ago(job.dueAt),
          job.trigger,
          String(job.attempt),
          job.message ?? "",
        ]),
        { color: io.color, ...(io.isTTY && { width: io.width }) },
      ),
    );
    const running = jobs.filter(({ state }) => state === "running").length;
    const waiting = jobs.filter(({ state }) => state === "queued").length;
    if (!global.quiet) io.out(paint.dim(`${plural(running, "job")} running, ${waiting} waiting\n`));
    return 0;
  },
};
