import { relative, resolve } from "node:path";
import { initWorkspace } from "#registry/index.ts";
import { writeJson } from "../context.ts";
import type { Verb } from "../io.ts";
import { palette } from "../render/index.ts";

export const verb: Verb = {
  arguments: [{ name: "folder", description: "Folder of the workspace; created when missing (default: here)" }],
  options: [{ flags: "--example", description: "Add the example labs: sales, forecast, customer segments" }],
  examples: [
    { command: "labs init", does: "Make the current folder a workspace" },
    { command: "labs init cpg --example", does: "A new folder with three labs to look at" },
  ],
  exitNotes: "Files that exist are left as they are and named; that is no failure.",
  async run(input) {
    const { io, args, options, global } = input;
    const folder = resolve(io.cwd, global.workspace ?? ".", args[0] ?? ".");
    const result = initWorkspace(folder, { example: options["example"] === true });
    const { root } = result.workspace;
    const hasExamples = result.workspace.labs.some((lab) => lab.name === "lab1_sales_performance");
    const shorter = relative(io.cwd, root);
    const steps = [
      ...(root === resolve(io.cwd)
        ? []
        : [{ command: `cd ${shorter.startsWith("..") ? root : shorter}`, does: "go there" }]),
      ...(options["example"] === true && hasExamples
        ? [
            { command: "labs demo-data", does: "generate raw files for the example labs" },
            { command: "labs run --all", does: "load, build, test and score them" },
            { command: "labs inspect lab1_sales_performance", does: "look at the tables" },
          ]
        : [
            { command: "labs new my_first_lab", does: "create a lab" },
            { command: "cp <your file>.csv my_first_lab/data/raw/", does: "drop data" },
            { command: "labs run my_first_lab", does: "load, build, test and score it" },
          ]),
    ];
    if (global.output === "json") {
      const { created, kept, examples } = result;
      writeJson(input, { workspace: root, created, kept, examples, next: steps });
      return 0;
    }
    const paint = palette(io.color);
    const show = (path: string) => relative(root, path);
    const lines = [`Workspace ${paint.bold(root)}`];
    for (const path of result.created) lines.push(`  ${paint.green("created")}  ${show(path)}`);
    for (const path of result.kept) lines.push(`  ${paint.dim("kept")}     ${show(path)} (was there already)`);
    const width = Math.max(...steps.map((step) => step.command.length));
    lines.push("", "Next steps:");
    for (const [i, step] of steps.entries()) {
      lines.push(`  ${i + 1}. ${step.command.padEnd(width)}  ${paint.dim(step.does)}`);
    }
    io.out(`${lines.join("\n")}\n`);
    return 0;
  },
};
