import { isLabsError } from "#errors/index.ts";
import { examine, examineWorkspace, type Finding, KnownFiles, type Lab, labHolder } from "#registry/index.ts";
import { impliedLab, workspaceOf, writeJson } from "../context.ts";
import type { Verb } from "../io.ts";
import { type Palette, palette } from "../render/index.ts";

export const verb: Verb = {
  arguments: [{ name: "lab", description: "Only this lab (default: the one whose folder this is, else all)" }],
  options: [{ flags: "--all-checks", description: "Show what is in order too" }],
  examples: [
    { command: "labs doctor", does: "Check every lab" },
    { command: "labs doctor lab1_sales_performance --all-checks", does: "One lab, with everything that was checked" },
  ],
  exitNotes: "1 when something is wrong, 2 when the configuration is; warnings alone give 0.",
  async run(input) {
    const { io, args, options, global } = input;
    const workspace = workspaceOf(input);
    const one = args[0] === undefined ? impliedLab(input, workspace) : workspace.lab(args[0]);
    const labs = one ? [one] : workspace.labs;
    const findings: Finding[] = [
      { check: "node", level: "ok", message: `Node ${process.versions.node}` },
      ...examineWorkspace(workspace),
    ];
    const files = new KnownFiles();
    for (const lab of labs) {
      const found = examine(workspace, lab, files);
      const closed = found.some((finding) => finding.check === "database" && finding.level !== "ok");
      findings.push(...found, ...(closed ? [] : await opens(lab)));
    }
    const wrong = findings.filter((finding) => finding.level === "error");
    const warnings = findings.filter((finding) => finding.level === "warning");
    const code = wrong.some((finding) => finding.exit === 2) ? 2 : wrong.length > 0 ? 1 : 0;
    if (global.output === "json") {
      const plain = findings.map(({ place, exit: _exit, ...finding }) => ({
        ...finding,
        ...(place && { place: { file: place.file, line: place.line, column: place.column } }),
      }));
      writeJson(input, { ok: code === 0, errors: wrong.length, warnings: warnings.length, findings: plain });
      return code;
    }
    const paint = palette(io.color);
    const shown = options["allChecks"] === true ? findings : findings.filter((finding) => finding.level !== "ok");
    io.out(findingLines(shown, paint));
    const checked = `${labs.length} ${labs.length === 1 ? "lab" : "labs"}, ${findings.length} checks`;
    io.out(
      code === 0
        ? `${paint.green("Nothing is wrong")} (${checked}${warnings.length > 0 ? `, ${warnings.length} ${warnings.length === 1 ? "warning" : "warnings"}` : ""}).\n`
        : `${paint.red(`${wrong.length} ${wrong.length === 1 ? "thing is" : "things are"} wrong`)} (${checked}).\n`,
    );
    return code;
  },
};

const marks: Record<Finding["level"], (paint: Palette) => string> = {
  ok: (paint) => paint.green("ok     "),
  info: (paint) => paint.dim("info   "),
  warning: (paint) => paint.yellow("warning"),
  error: (paint) => paint.red("error  "),
};

/** Findings as lines: what was found, where, and its fix. */
export function findingLines(findings: Finding[], paint: Palette): string {
  const lines = findings.flatMap((finding) => {
    const subject = finding.lab === undefined ? finding.check : `${finding.lab} ${finding.check}`;
    const { place } = finding;
    return [
      `${marks[finding.level](paint)}  ${paint.bold(subject)}: ${finding.message}`,
      ...(place && finding.level !== "ok"
        ? [`         at ${[place.file, place.line, place.column].filter((part) => part !== undefined).join(":")}`]
        : []),
      ...(finding.fix ? [`         ${paint.green("fix")}: ${finding.fix}`] : []),
    ];
  });
  return lines.map((line) => `${line}\n`).join("");
}

/** Whether DuckDB itself can read the lab's file; a lab in use is left alone. */
async function opens(lab: Lab): Promise<Finding[]> {
  if (labHolder(lab) !== undefined) return [];
  const { openDatabase } = await import("#duck/index.ts");
  try {
    const database = await openDatabase(lab.paths.database, { readOnly: true });
    await database.close();
    return [];
  } catch (error) {
    if (!isLabsError(error)) throw error;
    return [
      {
        lab: lab.name,
        check: "database",
        level: "error",
        exit: 1,
        message: error.message,
        ...(error.hint && { fix: error.hint }),
      },
    ];
  }
}
