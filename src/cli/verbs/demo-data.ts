import { join, resolve } from "node:path";
import { demoFiles, type GeneratedFile, generateDemoFile } from "#ingest/index.ts";
import { findWorkspace, openRegistry } from "#registry/index.ts";
import { writeJson } from "../context.ts";
import { cliErrors } from "../errors.ts";
import type { Verb, VerbInput } from "../io.ts";
import { formatBytes, formatCount, renderTable } from "../render/index.ts";

export const verb: Verb = {
  arguments: [{ name: "[lab...]", description: "Only the files of these example labs", variadic: true }],
  options: [
    { flags: "--rows <rows>", description: "Rows of each main file", default: "10000" },
    { flags: "--seed <seed>", description: "The same seed gives the same bytes, on any machine", default: "42" },
    {
      flags: "--dirty",
      description: "Add defects: 1 % duplicates, 2 % missing values, 0.5 % wrong types, 1 % late rows",
    },
    { flags: "--out <folder>", description: "Write all files into this folder instead of the labs' raw folders" },
    { flags: "--force", description: "Replace files that exist" },
  ],
  examples: [
    { command: "labs demo-data", does: "10,000 rows for each example lab of this workspace, into its raw folder" },
    {
      command: "labs demo-data --rows 1000000 --seed 7 --force",
      does: "A million rows each, in place of what is there",
    },
    { command: "labs demo-data --dirty --out /tmp/dirty", does: "Files with defects, outside the workspace" },
  ],
  exitNotes: "1 when a file exists already or cannot be written.",
  async run(input) {
    const { io, options } = input;
    const targets = chooseTargets(input);
    const settings = {
      rows: wholeNumber(options["rows"], "--rows"),
      seed: wholeNumber(options["seed"], "--seed"),
      dirty: options["dirty"] === true,
      force: options["force"] === true,
      signal: io.signal,
    };
    const written: GeneratedFile[] = [];
    for (const { file, folder } of targets) written.push(await generateDemoFile(file, folder, settings));
    if (input.global.output === "json") {
      const { rows, seed, dirty } = settings;
      writeJson(input, { rows, seed, dirty, files: written });
      return 0;
    }
    const rows = written.map((file) => [file.path, formatCount(file.rows), formatBytes(file.bytes)]);
    io.out(
      renderTable([{ title: "FILE" }, { title: "ROWS", align: "right" }, { title: "SIZE", align: "right" }], rows, {
        color: io.color,
      }),
    );
    if (options["out"] === undefined && !input.global.quiet) io.err("\nNext: labs run --all\n");
    return 0;
  },
};

/** Which files go where: the labs of the workspace that have the examples' names, or one folder for all. */
function chooseTargets({ io, global, args, options }: VerbInput) {
  const known = [...new Set(demoFiles.map((file) => file.lab))];
  for (const name of args) {
    if (known.includes(name)) continue;
    throw cliErrors.usage({
      message: `There is no example data for a lab named ${name}.`,
      hint: `Example data exists for ${known.join(", ")}.`,
    });
  }
  const wanted = demoFiles.filter((file) => args.length === 0 || args.includes(file.lab));
  if (typeof options["out"] === "string") {
    const folder = resolve(io.cwd, options["out"]);
    return wanted.map((file) => ({ file, folder }));
  }
  const start = resolve(io.cwd, global.workspace ?? ".");
  const labs = findWorkspace(start) === undefined ? [] : openRegistry(start).labs;
  const targets = wanted.flatMap((file) => {
    const lab = labs.find((candidate) => candidate.name === file.lab);
    return lab ? [{ file, folder: lab.paths.raw }] : [];
  });
  if (targets.length > 0) return targets;
  throw cliErrors.usage({
    message:
      labs.length === 0
        ? `${start} is not inside a workspace with the example labs.`
        : `This workspace has none of the example labs (${known.join(", ")}).`,
    hint: `Name a folder: \`labs demo-data --out ${join(".", "demo")}\`, or make the labs with \`labs init --example\`.`,
  });
}

function wholeNumber(value: unknown, flag: string): number {
  const text = String(value).replaceAll("_", "");
  if (/^\d+$/.test(text)) return Number(text);
  throw cliErrors.usage({
    message: `${flag} must be a whole number, not \`${String(value)}\`.`,
    hint: `For example \`${flag} 1000\`.`,
  });
}
