import { labOf, pathsJson, workspaceOf, writeJson } from "../context.ts";
import type { Verb } from "../io.ts";
import { palette, renderTable } from "../render/index.ts";

export const verb: Verb = {
  arguments: [{ name: "lab", description: "Lab (default: the one whose folder this is)" }],
  examples: [
    { command: "labs paths lab1_sales_performance", does: "Every path of a lab, absolute" },
    { command: "labs paths -o json", does: "The same for a script, from inside the lab's folder" },
  ],
  async run(input) {
    const { io, args, global } = input;
    const workspace = workspaceOf(input);
    const lab = labOf(input, workspace, args[0]);
    const { paths } = lab;
    const values: [string, string][] = [
      ["workspace", workspace.root],
      ["registry", workspace.file],
      ["state", workspace.state],
      ["lab", paths.root],
      ["lab.yml", paths.config],
      ["database", paths.database],
      ["dbt project", paths.dbtProject],
      ["raw files", paths.raw],
      ["lock", paths.lock],
      ...paths.profiles.map((path): [string, string] => ["profiles", path]),
    ];
    const present = (path: string) => workspace.exists(path);
    if (global.output === "json") {
      const all = { workspace: workspace.root, registry: workspace.file, state: workspace.state, ...pathsJson(lab) };
      const missing = Object.entries(all).filter(([, path]) => typeof path === "string" && !present(path));
      writeJson(input, { lab: lab.name, ...all, missing: missing.map(([name]) => name) });
      return 0;
    }
    const paint = palette(io.color);
    const rows = values.map(([name, path]) => [name, path, present(path) ? "" : paint.dim("(not there)")]);
    io.out(renderTable([{ title: "" }, { title: "" }, { title: "" }], rows, { header: false }));
    return 0;
  },
};
