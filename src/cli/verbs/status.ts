import type { RunInfo } from "#ledger/index.ts";
import { describeHolder, type Lab, labHolder } from "#registry/index.ts";
import { impliedLab, workspaceOf, writeJson } from "../context.ts";
import type { Verb } from "../io.ts";
import { labRows } from "../look/lab-rows.ts";
import { shortId, testsText, withLedger } from "../look/ledger.ts";
import {
  ago,
  formatCount,
  formatDuration,
  formatScore,
  palette,
  renderTable,
  scoreColor,
  statusColor,
} from "../render/index.ts";

interface LabState {
  lab: Lab;
  run: RunInfo | undefined;
  /** Who works on it now. */
  holder: Awaited<ReturnType<typeof labHolder>>;
  next: string;
}

export const verb: Verb = {
  arguments: [{ name: "[lab]", description: "Only this lab; default: the lab of the current folder, or all" }],
  examples: [
    { command: "labs status", does: "Every lab: its last run, how it ended, and what to do next" },
    { command: "labs status -o json", does: "The same for a monitor" },
  ],
  exitNotes: "0 also when labs failed: the command succeeded in telling so.",
  async run(input) {
    const { io, global, args } = input;
    const workspace = workspaceOf(input);
    const lab = args[0] === undefined ? impliedLab(input, workspace) : workspace.lab(args[0]);
    const last = await withLedger(workspace, (ledger) => ledger.lastRuns());
    const states = await Promise.all((lab ? [lab] : workspace.labs).map((each) => stateOf(each, last.get(each.name))));
    if (global.output === "json") {
      const known = new Map((await labRows(workspace)).map((row) => [row.name, row]));
      writeJson(input, {
        labs: states.map(({ lab: { name }, holder, next }) => ({
          ...known.get(name),
          busy: holder ?? null,
          next,
        })),
      });
      return 0;
    }
    if (states.length === 0) {
      io.out("There are no labs yet. Create one: labs new <lab>\n");
      return 0;
    }
    const paint = palette(io.color);
    const columns = [
      { title: "LAB", shrinkTo: 16 },
      { title: "STATUS", spare: 4 },
      { title: "LAST RUN" },
      { title: "WHEN" },
      { title: "TIME", align: "right" as const, spare: 3 },
      { title: "ROWS", align: "right" as const, spare: 2 },
      { title: "TESTS", spare: 1 },
      { title: "SCORE", align: "right" as const },
      { title: "NEXT", shrinkTo: 20 },
    ];
    const rows = states.map(({ lab: each, run, next }) => {
      const score = run?.summary?.score ?? null;
      return [
        paint.bold(each.name),
        paint[statusColor(each.status)](each.status),
        run ? paint[statusColor(run.status)](run.status) : paint.dim("never"),
        run ? ago(run.startedAt) : "",
        run?.seconds ? formatDuration(run.seconds) : "",
        run?.summary?.rowsLoaded === undefined ? "" : formatCount(run.summary.rowsLoaded),
        run ? testsText(run) : "",
        score === null ? "" : paint[scoreColor(score)](formatScore(score)),
        next,
      ];
    });
    io.out(renderTable(columns, rows, { color: io.color, ...(io.isTTY && { width: io.width }) }));
    return 0;
  },
};

async function stateOf(lab: Lab, run: RunInfo | undefined): Promise<LabState> {
  const holder = await labHolder(lab);
  return { lab, run, holder, next: holder === undefined ? nextStep(lab, run) : describeHolder(holder) };
}

/** What a person would do now; empty when nothing is to be done. */
function nextStep(lab: Lab, run: RunInfo | undefined): string {
  if (lab.status !== "active") return "";
  if (run === undefined) return `labs run ${lab.name}`;
  if (run.status === "crashed" || run.status === "cancelled") return `labs run ${lab.name}`;
  if (run.status === "failed" || (run.summary?.tests?.failed ?? 0) > 0) return `labs logs ${shortId(run)}`;
  if ((run.summary?.score ?? 100) < 90) return `labs inspect ${lab.name}`;
  return "";
}
