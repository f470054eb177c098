import { cliErrors } from "./errors.ts";
import type { GlobalOptions, Verb } from "./io.ts";

export interface GlobalArguments extends GlobalOptions {
  noColor: boolean;
  help: boolean;
  version: boolean;
}

/** What takes a value, and what does not. */
const setWorkspace = (options: GlobalArguments, value: string) => {
  options.workspace = value;
};
const flags = new Map([
  ["-o", setOutput],
  ["--output", setOutput],
  ["--workspace", setWorkspace],
]);
const switches = new Map<string, "trace" | "quiet" | "noColor" | "help" | "version">([
  ["--trace", "trace"],
  ["-q", "quiet"],
  ["--quiet", "quiet"],
  ["--no-color", "noColor"],
  ["-h", "help"],
  ["--help", "help"],
  ["--version", "version"],
]);
/** dbt has no flag of these names, so they work after `labs dbt` too; every other flag is dbt's. */
const beforePassThrough = new Set(["--workspace", "--trace"]);

/** Long names that no verb may declare for itself. */
export const globalFlags: readonly string[] = [...flags.keys(), ...switches.keys()];

export function noGlobals(): GlobalArguments {
  return { output: "text", trace: false, quiet: false, noColor: false, help: false, version: false };
}

function setOutput(options: GlobalArguments, value: string): void {
  if (value !== "json" && value !== "text") {
    throw cliErrors.usage({ message: `The output is json or text, not \`${value}\`.`, hint: "Write `-o json`." });
  }
  options.output = value;
}

/**
 * Takes the global options out of `words` into `options`, up to `--`, and returns the other words in order.
 * With `untilVerb` it stops behind the first word that is no option. Errors: CLI-002.
 */
export function takeGlobals(
  words: string[],
  options: GlobalArguments,
  mode: { untilVerb?: boolean; verb?: Verb } = {},
): string[] {
  const rest: string[] = [];
  const own = new Set(mode.verb?.passThrough ? [] : valueFlags(mode.verb));
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (word === "--") return [...rest, ...words.slice(i)];
    const [name, attached] = split(word);
    const allowed = !mode.verb?.passThrough || beforePassThrough.has(name);
    const set = allowed ? flags.get(name) : undefined;
    const on = allowed && attached === undefined ? switches.get(name) : undefined;
    if (set) {
      const value = attached ?? words[++i];
      if (value === undefined || value === "") {
        throw cliErrors.usage({
          message: `The option ${name} needs a value.`,
          hint: name === "--workspace" ? "Write `--workspace <folder>`." : "Write `-o json` or `-o text`.",
        });
      }
      set(options, value);
    } else if (on) {
      options[on] = true;
    } else {
      rest.push(word);
      // The value of a verb's own option is never a global option, whatever it looks like.
      if (own.has(word) && i + 1 < words.length) rest.push(words[++i] ?? "");
      if (mode.untilVerb && !word.startsWith("-")) return [...rest, ...words.slice(i + 1)];
    }
  }
  return rest;
}

function split(word: string): [string, string | undefined] {
  if (/^-o[^-]/.test(word)) return ["-o", word.slice(2).replace(/^=/, "")];
  const equals = word.startsWith("--") ? word.indexOf("=") : -1;
  return equals === -1 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)];
}

/** Spellings of a verb's options that take a value. */
function valueFlags(verb: Verb | undefined): string[] {
  return (verb?.options ?? [])
    .filter((option) => option.flags.includes("<"))
    .flatMap((option) => option.flags.split(/[ ,|]+/).filter((part) => part.startsWith("-")));
}
