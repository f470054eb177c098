import type { Verb } from "./io.ts";
import { wrap } from "./render/text.ts";
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

/** Two columns, the right one filled to a width. */
function columns(rows: [string, string][], width: number): string {
  const left = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `  ${name.padEnd(left)}  ${hanging(text, width, left + 4)}`.trimEnd()).join("\n");
}

/** A text filled to a width, with its further lines indented. */
const hanging = (text: string, width: number, indent: number, prefix = ""): string =>
  wrap(text, Math.max(30, width - indent)).replaceAll("\n", `\n${prefix.padEnd(indent)}`);

/** Wider lines are hard to read. */
const widest = 110;

/** `labs --help` for a screen of so many columns. Loads no verb. */
export function rootHelp(screen: number): string {
  const width = Math.min(screen, widest);
  const sections = groups.map(([group, title]) => {
    const rows = Object.entries(verbs).filter(([, entry]) => entry.group === group);
    return `${title}:\n${columns(
      rows.map(([name, entry]) => [name, entry.summary]),
      width,
    )}`;
  });
  return `Usage: labs <command> [options]

Labs, each with its own raw files, DuckDB database and dbt project.

${sections.join("\n\n")}

Options, anywhere on the line:
${columns(globalLines, width)}

${wrap("Inside a lab's folder, or where there is one lab only, its name can be left out. `labs <command> --help` shows options and examples.", width)}

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

/** `labs <verb> --help` for a screen of so many columns. */
export function verbHelp(name: string, entry: VerbEntry, verb: Verb, screen: number): string {
  const width = Math.min(screen, widest);
  const parts = [`Usage: ${usageLine(name, verb)}`, `${entry.summary}.`];
  if (verb.arguments?.length) {
    const rows = verb.arguments.map((a): [string, string] => [argumentText(a), a.description]);
    parts.push(`Arguments:\n${columns(rows, width)}`);
  }
  if (verb.options?.length) {
    const rows = verb.options.map((o): [string, string] => {
      const notes = [
        o.choices && `one of ${o.choices.join(", ")}`,
        o.default !== undefined && o.default !== false && `default ${o.default}`,
      ].filter(Boolean);
      return [o.flags, `${o.description}${notes.length > 0 ? ` (${notes.join("; ")})` : ""}`];
    });
    parts.push(`Options:\n${columns(rows, width)}`);
  }
  parts.push(
    `Options of every command:\n${columns(
      globalLines.filter(([flag]) => flag !== "--version"),
      width,
    )}`,
  );
  if (verb.examples.length > 0) {
    parts.push(
      `Examples:\n${verb.examples.map((e) => `  # ${hanging(e.does, width, 4, "  #")}\n  ${e.command}`).join("\n")}`,
    );
  }
  const notes = verb.exitNotes ? `\n  ${hanging(verb.exitNotes, width, 2)}` : "";
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
