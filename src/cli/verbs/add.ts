import { resolve } from "node:path";
import { examine, registerLab } from "#registry/index.ts";
import { pathsJson, workspaceOf, writeJson } from "../context.ts";
import type { Verb } from "../io.ts";
import { palette } from "../render/index.ts";
import { findingLines } from "./doctor.ts";

export const verb: Verb = {
  arguments: [{ name: "folder", required: true, description: "The lab's folder; nothing in it is changed" }],
  options: [
    { flags: "--name <lab>", description: "Name of the lab (default: the folder's name)" },
    { flags: "--maintainer <name>", description: "Who answers for the lab (default: you)" },
    { flags: "--description <text>", description: "One line about the lab" },
  ],
  examples: [
    { command: "labs add lab4_promotions", does: "Register a folder of the workspace" },
    { command: "labs add /data/old-project --name old_project", does: "Register a folder elsewhere under a name" },
  ],
  exitNotes: "What `labs doctor` finds in the new lab is shown, but is no failure of `labs add`.",
  async run(input) {
    const { io, args, options, global } = input;
    const { lab, workspace } = registerLab(workspaceOf(input), {
      folder: resolve(io.cwd, args[0] ?? ""),
      ...(options["name"] !== undefined && { name: String(options["name"]) }),
      ...(options["maintainer"] !== undefined && { maintainer: String(options["maintainer"]) }),
      ...(options["description"] !== undefined && { description: String(options["description"]) }),
    });
    const findings = examine(workspace, lab).filter((finding) => finding.level !== "ok");
    if (global.output === "json") {
      writeJson(input, { lab: lab.name, registry: workspace.file, paths: pathsJson(lab), findings });
      return 0;
    }
    const paint = palette(io.color);
    io.out(`Registered ${paint.bold(lab.name)} in ${workspace.display(workspace.file)}\n`);
    io.out(findingLines(findings, paint));
    const wrong = findings.some(({ level }) => level === "error");
    io.out(`Next: ${wrong ? `correct this, then labs doctor ${lab.name}` : `labs run ${lab.name}`}\n`);
    return 0;
  },
};
