import { testLab, type LabEvent, type NodeOutcome } from "#pipeline/index.ts";
import { labOf, workspaceOf, writeJson } from "../context.ts";
import type { Verb } from "../io.ts";
import { palette, plural } from "../render/index.ts";
import { RunScreen } from "../run/screen.ts";

export const verb: Verb = {
  arguments: [{ name: "[lab]", description: "The lab; default: the one of the current folder" }],
  options: [
    { flags: "-s, --select <expr...>", description: "Only tests of these nodes, in dbt's selection grammar" },
    { flags: "--exclude <expr...>", description: "Without these" },
    { flags: "--no-wait", description: "Do not wait when somebody else works on the lab" },
  ],
  examples: [
    {
      command: "labs test lab1_sales_performance",
      does: "Every dbt test, and what lab.yml expects, on the tables as they are",
    },
    { command: "labs test lab1_sales_performance --select gold", does: "Only the tests of one layer" },
  ],
  exitNotes: "1 when a test or an expectation failed; warnings are 0.",
  async run(input) {
    const { io, options, global } = input;
    const workspace = workspaceOf(input);
    const lab = labOf(input, workspace, input.args[0]);
    const text = global.output === "text";
    const screen = new RunScreen(io, {
      many: false,
      live: text && io.isTTY && !global.quiet,
      labWidth: lab.name.length,
    });
    const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
    let result: Awaited<ReturnType<typeof testLab>>;
    try {
      result = await testLab(workspace, lab, {
        select: list(options["select"]),
        exclude: list(options["exclude"]),
        wait: options["wait"] !== false,
        signal: io.signal,
        onEvent: (event: LabEvent) => {
          if (text && !global.quiet) screen.on(event);
        },
      });
      if (text && !global.quiet)
        screen.on({
          type: "step-finish",
          lab: lab.name,
          step: "transform",
          outcome: { name: "transform", status: result.success ? "ok" : "failed", seconds: 0 },
          detail: "tests",
        });
    } finally {
      screen.end();
    }
    const count = (...wanted: NodeOutcome["status"][]) => result.nodes.filter((n) => wanted.includes(n.status)).length;
    if (!text) writeJson(input, { lab: lab.name, ok: result.success, tests: result.nodes });
    else {
      const paint = palette(io.color);
      const [passed, warned, failed] = [count("pass"), count("warn"), count("fail", "error", "runtime error")];
      io.out(
        `${plural(passed, "test")} passed${warned > 0 ? paint.yellow(`, ${warned} warned`) : ""}${failed > 0 ? paint.red(`, ${failed} failed`) : ""}\n`,
      );
    }
    return result.success ? 0 : 1;
  },
};
