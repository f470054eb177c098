import { resolve } from "node:path";
import { writeAtomic } from "#registry/index.ts";
import { impliedLab, workspaceOf, writeJson } from "../context.ts";
import type { Verb, VerbInput } from "../io.ts";
import { withLedger } from "../look/ledger.ts";
import { htmlReport } from "../report/html.ts";
import { junitReport } from "../report/junit.ts";
import { openPage } from "../report/open-page.ts";
import { markdownReport } from "../report/markdown.ts";
import { reportOf, type RunReport } from "../report/model.ts";
import { textReport } from "../report/text.ts";

const formats = ["text", "markdown", "html", "junit"] as const;

export const verb: Verb = {
  arguments: [
    { name: "[lab]", description: "The lab whose last run is reported; default: the one of the current folder" },
  ],
  options: [
    { flags: "--run <id>", description: "Another run: its id, its beginning or end; see `labs history`" },
    { flags: "--format <format>", description: "How it is written", choices: [...formats], default: "text" },
    { flags: "--out <file>", description: "Write it to a file" },
    { flags: "--open", description: "Write it as HTML and open it in the browser" },
  ],
  examples: [
    { command: "labs report lab1_sales_performance", does: "What the last run did, found and cost" },
    { command: "labs report lab1_sales_performance --open", does: "The same as a page in the browser" },
    { command: "labs report --format junit --out report.xml", does: "For a CI system" },
    { command: "labs report --format markdown", does: "For a chat or a wiki" },
  ],
  exitNotes: "0 also for a run that failed: the report succeeded in telling so.",
  async run(input) {
    const { io, global, args, options } = input;
    const workspace = workspaceOf(input);
    const lab = args[0] === undefined ? impliedLab(input, workspace) : workspace.lab(args[0]);
    const report = await withLedger(workspace, async (ledger) => {
      const run = await ledger.run(
        String(options["run"] ?? "last"),
        options["run"] === undefined ? lab?.name : undefined,
      );
      const history = await ledger.scoresHistory({ lab: run.lab });
      return reportOf(run, await ledger.events(run.id, { level: "debug" }), history);
    });
    if (global.output === "json") {
      writeJson(input, report);
      return 0;
    }
    if (options["open"] === true) {
      const out = options["out"] === undefined ? undefined : String(options["out"]);
      return openPage(io, htmlReport(report), out, `${report.run.lab}-${report.run.id}`);
    }
    const text = written(input, report);
    if (options["out"] === undefined) io.out(text);
    else {
      const file = resolve(io.cwd, String(options["out"]));
      writeAtomic(file, text);
      io.err(`Written to ${file}\n`);
    }
    return 0;
  },
};

function written({ io, options }: VerbInput, report: RunReport): string {
  switch (options["format"]) {
    case "markdown":
      return markdownReport(report);
    case "html":
      return htmlReport(report);
    case "junit":
      return junitReport(report);
    default:
      return textReport(report, io);
  }
}
