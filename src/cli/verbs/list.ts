import { workspaceOf, writeJson } from "../context.ts";
import type { Verb } from "../io.ts";
import { labRows } from "../look/lab-rows.ts";
import { palette, renderTable, statusColor } from "../render/index.ts";

export const verb: Verb = {
  examples: [
    { command: "labs list", does: "Every lab with its status and folder" },
    { command: "labs list -o json", does: "The same for a script" },
  ],
  async run(input) {
    const { io, global } = input;
    const workspace = workspaceOf(input);
    if (global.output === "json") {
      const known = new Map((await labRows(workspace)).map((row) => [row.name, row]));
      writeJson(input, {
        workspace: workspace.root,
        labs: workspace.labs.map((lab) => ({
          ...known.get(lab.name),
          createdDate: lab.createdDate ?? null,
          path: lab.paths.root,
          database: lab.paths.database,
        })),
      });
      return 0;
    }
    if (workspace.labs.length === 0) {
      io.out("There are no labs yet. Create one: labs new <lab>\n");
      return 0;
    }
    const paint = palette(io.color);
    const rows = workspace.labs.map((lab) => [
      paint.bold(lab.name),
      paint[statusColor(lab.status)](lab.status),
      lab.maintainer ?? "",
      workspace.display(lab.paths.root),
      lab.description ?? "",
    ]);
    const columns = [
      { title: "LAB" },
      { title: "STATUS" },
      { title: "MAINTAINER" },
      { title: "FOLDER" },
      { title: "DESCRIPTION", shrinkTo: 20 },
    ];
    io.out(renderTable(columns, rows, { color: io.color, ...(io.isTTY && { width: io.width }) }));
    return 0;
  },
};
