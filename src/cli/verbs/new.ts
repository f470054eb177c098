import { relative } from "node:path";
import { createLab, templates } from "#registry/index.ts";
import { pathsJson, workspaceOf, writeJson } from "../context.ts";
import type { Verb } from "../io.ts";
import { palette } from "../render/index.ts";

const builtIn = Object.entries(templates).map(([name, template]) => `${name}: ${template.summary}`);

export const verb: Verb = {
  arguments: [{ name: "lab", required: true, description: "Name: small letters, digits, underscores" }],
  options: [
    {
      flags: "-t, --template <name>",
      description: `A built-in template, a folder, or a folder's name under shared/templates. ${builtIn.join(". ")}`,
      default: "csv",
    },
    { flags: "--maintainer <name>", description: "Who answers for the lab (default: you)" },
    { flags: "--description <text>", description: "One line about the lab" },
  ],
  examples: [
    { command: "labs new store_traffic", does: "A lab for CSV files" },
    { command: "labs new weather --template api", does: "A lab that fetches from an API" },
    {
      command: "labs new promo --template ../our-template",
      does: "From your own folder: {{lab}}, {{title}}, {{maintainer}}, {{description}}, {{date}} and {{lab_schema}} are replaced in its files and names",
    },
  ],
  exitNotes: "An invalid or taken name, a folder that exists and an unknown template give 2; nothing is written then.",
  async run(input) {
    const { io, args, options, global } = input;
    const { lab, workspace, files } = createLab(workspaceOf(input), {
      name: args[0] ?? "",
      template: String(options["template"]),
      cwd: io.cwd,
      ...(options["maintainer"] !== undefined && { maintainer: String(options["maintainer"]) }),
      ...(options["description"] !== undefined && { description: String(options["description"]) }),
    });
    if (global.output === "json") {
      writeJson(input, { lab: lab.name, registry: workspace.file, files, paths: pathsJson(lab) });
      return 0;
    }
    const paint = palette(io.color);
    const here = (path: string) => relative(io.cwd, path) || ".";
    const lines = [
      `Lab ${paint.bold(lab.name)} in ${here(lab.paths.root)}`,
      ...files.map((file) => `  ${paint.green("created")}  ${here(file)}`),
      `  ${paint.green("changed")}  ${here(workspace.file)}`,
      "",
      "Next steps:",
      `  1. Put files into ${here(lab.paths.raw)}`,
      `  2. labs run ${lab.name}`,
      `  3. Write models in ${here(lab.paths.dbtProject)}/models`,
    ];
    io.out(`${lines.join("\n")}\n`);
    return 0;
  },
};
