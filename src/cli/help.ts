import type { Verb } from "./io.ts";
import { type VerbEntry, verbs } from "./verbs.ts";

const groups: [VerbEntry["group"], string][] = [
  ["workspace", "Workspace and labs"],
  ["run", "Run"],
  ["look", "Look"],
  ["dbt", "dbt"],
];

const globalLines: [string, string][] = [
  ["-o, --output <json|text>", "json: one JSON document on stdout and nothing else"],
  ["--workspace <folder>", "Use this workspace instead of the one around the current folder"],
  ["-q, --quiet", "Results only, no progress"],
  ["--no-color", "No colours"],
  ["--trace", "Stack traces with errors"],
  ["--version", "Print the version"],
  ["-h, --help", "Show help"],
];

const columns = (rows: [string, string][]): string => {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd()).join("\n");
};

/** `labs --help`. Loads no verb. */
export function rootHelp(): string {
  const sections = groups.map(([group, title]) => {
    const rows = Object.entries(verbs).filter(([, entry]) => entry.group === group);
    return `${title}:\n${columns(rows.map(([name, entry]) => [name, entry.summary]))}`;
  });
  return `Usage: labs <command> [options]

A workspace of labs: each with its own raw files, DuckDB database and dbt project.

${sections.join("\n\n")}

Options, anywhere on the line:
${columns(globalLines)}

Inside a lab's folder its name can be left out. \`labs <command> --help\` shows options and examples.

Start here:
  labs init my-workspace --example && cd my-workspace
  labs demo-data
  labs run --all
`;
}

function argumentText(argument: NonNullable<Verb["arguments"]>[number]): string {
  const name = argument.name.replace(/^[<[]|[>\]]$/g, "").replace(/\.\.\.$/, "") + (argument.variadic ? "..." : "");
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** `labs <verb> ...` as one line. */
export function usageLine(name: string, verb: Verb): string {
  const words = ["labs", name, ...(verb.arguments ?? []).map(argumentText)];
  return [...words, ...(verb.options?.length ? ["[options]"] : [])].join(" ");
}

/** `labs <verb> --help`. */
export function verbHelp(name: string, entry: VerbEntry, verb: Verb): string {
  const parts = [`Usage: ${usageLine(name, verb)}`, `${entry.summary}.`];
  if (verb.arguments?.length) {
    parts.push(`Arguments:\n${columns(verb.arguments.map((a) => [argumentText(a), a.description]))}`);
  }
  if (verb.options?.length) {
    const rows = verb.options.map((o): [string, string] => {
      const notes = [
        o.choices && `one of ${o.choices.join(", ")}`,
        o.default !== undefined && o.default !== false && `default ${o.default}`,
      ].filter(Boolean);
      return [o.flags, `${o.description}${notes.length > 0 ? ` (${notes.join("; ")})` : ""}`];
    });
    parts.push(`Options:\n${columns(rows)}`);
  }
  parts.push(`Options of every command:\n${columns(globalLines.filter(([flag]) => flag !== "--version"))}`);
  if (verb.examples.length > 0) {
    parts.push(`Examples:\n${verb.examples.map((e) => `  # ${e.does}\n  ${e.command}`).join("\n")}`);
  }
  const notes = verb.exitNotes ? `\n  ${verb.exitNotes}` : "";
  parts.push(
    `Exit codes:\n  0    ok\n  1    the data or the project failed\n  2    wrong usage or configuration\n  130  stopped by ctrl-C${notes}`,
  );
  return `${parts.join("\n\n")}\n`;
}

/** The same as data, for `-o json`. */
export function verbHelpJson(name: string, entry: VerbEntry, verb: Verb): Record<string, unknown> {
  return {
    command: name,
    summary: entry.summary,
    usage: usageLine(name, verb),
    arguments: verb.arguments ?? [],
    options: verb.options ?? [],
    examples: verb.examples,
    exit_codes: { 0: "ok", 1: "data or project failed", 2: "wrong usage or configuration", 130: "stopped by ctrl-C" },
    ...(verb.exitNotes && { exit_notes: verb.exitNotes }),
  };
}
