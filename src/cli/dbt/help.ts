import { commands, type DbtOption, globalOptions, groups } from "./options.ts";
import { wrap } from "../render/text.ts";

const program = "labs dbt";

/** First lines of a usage error and of `--help`. */
export function usageLine(command: string | undefined): string {
  if (command === undefined || command === "") return `Usage: ${program} [OPTIONS] [COMMAND] [ARGS]...`;
  if (Object.hasOwn(groups, command)) return `Usage: ${program} ${command} [OPTIONS] COMMAND [ARGS]...`;
  const words =
    commands[command]?.positional?.map(({ name, required }) =>
      required ? name.toUpperCase() : `[${name.toUpperCase()}]`,
    ) ?? [];
  return ["Usage:", program, command, "[OPTIONS]", ...words].join(" ");
}

export function usageErrorText(message: string, command: string | undefined, hint: string | undefined): string {
  const topic = command === undefined || command === "" ? program : `${program} ${command}`;
  const lines = [usageLine(command), `Try '${topic} --help' for help.`, "", `Error: ${message}`];
  if (hint) lines.push(`  fix: ${hint}`);
  return `${lines.join("\n")}\n`;
}

/** `--help` of dbt, of a group or of one command. */
export function helpText(command: string | undefined, group: string | undefined): string {
  if (command !== undefined) {
    const entry = commands[command];
    const own = (entry?.options ?? []).filter(({ hidden }) => !hidden);
    return [
      usageLine(command),
      "",
      `  ${entry?.help ?? ""}`,
      "",
      "Options:",
      ...own.flatMap(optionLines),
      "",
      "Global options:",
      ...globals(),
      "",
    ].join("\n");
  }
  const list = Object.entries(commands)
    .filter(([name]) => (group === undefined ? true : name.startsWith(`${group} `)))
    .map(([name, { help }]) => `  ${(group === undefined ? name : name.slice(group.length + 1)).padEnd(26)}${help}`);
  const about =
    group === undefined
      ? "Runs any dbt command on a project with this engine; no Python is needed."
      : (groups[group] ?? "");
  const lines = [usageLine(group), "", `  ${about}`, "", "Commands:", ...list, "", "Global options:", ...globals(), ""];
  if (group === undefined) lines.push(...examples, "");
  return lines.join("\n");
}

const examples = [
  "Examples:",
  "  # Seed, run and test the lab of the current folder",
  `  ${program} build`,
  "  # Run part of a lab from anywhere in the workspace",
  `  ${program} --lab lab1_sales_performance run --select tag:gold+`,
  "  # Run a dbt project that belongs to no workspace",
  `  ${program} run --project-dir my_project --profiles-dir my_project`,
  "",
  "Exit codes:",
  "  0    ok",
  "  1    a model or a test failed",
  "  2    the command could not be carried out",
  "  130  stopped by ctrl-C",
];

const globals = (): string[] => [
  ...globalOptions.filter(({ hidden }) => !hidden).flatMap(optionLines),
  "  -h, --help                      Show this text.",
];

const metavars: Record<DbtOption["kind"], string> = {
  switch: "",
  text: " TEXT",
  integer: " INTEGER",
  path: " PATH",
  choice: "",
  multi: " WORDS",
  yaml: " YAML",
  date: " DATETIME",
  package: " PACKAGE",
};

function optionLines(option: DbtOption): string[] {
  const short = option.flags.filter((flag) => !flag.startsWith("--"));
  const long = option.flags.filter((flag) => flag.startsWith("--"));
  const names = [...short, ...long].join(", ") + (option.negative ? ` / ${option.negative}` : "");
  const choices = option.choices && option.kind === "choice" ? ` [${option.choices.join("|")}]` : "";
  const head = `  ${names}${choices || metavars[option.kind]}`;
  const text = wrap(option.help, 46).split("\n");
  const rest = text.map((line) => " ".repeat(34) + line);
  if (head.length >= 33) return [head, ...rest];
  return [head.padEnd(34) + (text[0] ?? ""), ...rest.slice(1)];
}
