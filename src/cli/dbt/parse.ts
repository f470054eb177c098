import { didYouMean } from "#errors/index.ts";
import { usageError } from "./errors.ts";
import { commands, type DbtOption, globalOptions, groups } from "./options.ts";

/** What the command line said, before the environment and the project have their say. */
export interface CommandLine {
  /** `run`, `docs generate` …; undefined when only global options were given. */
  command?: string;
  /** A group such as `docs` without its command. */
  group?: string;
  /** Values by dbt's name of the option: a text, a boolean, or a list for options that take many words. */
  given: Map<string, string | boolean | string[]>;
  positional: string[];
  help: boolean;
  version: boolean;
}

interface Level {
  options: Map<string, { option: DbtOption; value: boolean }>;
  /** For messages: `run`, or nothing for the options before the command. */
  name: string | undefined;
  given: Map<string, string | boolean | string[]>;
  positional: string[];
  help: boolean;
}

function level(name: string | undefined, options: DbtOption[]): Level {
  const known = new Map<string, { option: DbtOption; value: boolean }>();
  for (const option of options) {
    for (const flag of option.flags) known.set(flag, { option, value: true });
    if (option.negative) known.set(option.negative, { option, value: false });
  }
  return { options: known, name, given: new Map(), positional: [], help: false };
}

/**
 * Reads dbt's command line as click does: global options before or after the command, `--name=value`, `-xf`, `-svalue`,
 * options that take many words, `--` ends options. Errors: DBT-001.
 */
export function parseCommandLine(args: string[]): CommandLine {
  const top = level(undefined, globalOptions);
  let rest = parseLevel(top, args, false);
  const result: CommandLine = { given: top.given, positional: [], help: top.help, version: top.given.has("version") };
  if (result.help || result.version) return result;
  const [first, ...others] = rest;
  if (first === undefined) return { ...result, help: true };
  rest = others;
  let name = first;
  if (Object.hasOwn(groups, first)) {
    const group = level(first, globalOptions);
    rest = parseLevel(group, rest, false);
    merge(top.given, group.given);
    const [second, ...remaining] = rest;
    if (group.help || second === undefined) return { ...result, group: first, help: true };
    name = `${first} ${second}`;
    rest = remaining;
    if (!Object.hasOwn(commands, name)) throw unknownCommand(second, first);
  } else if (!Object.hasOwn(commands, first)) throw unknownCommand(first, undefined);
  const command = commands[name];
  const own = level(name, [...globalOptions, ...(command?.options ?? [])]);
  parseLevel(own, rest, true);
  if (own.help) return { ...result, command: name, help: true };
  merge(top.given, own.given);
  const allowed = command?.positional?.length ?? 0;
  if (own.positional.length > allowed) {
    const extra = own.positional.slice(allowed);
    throw usageError(`Got unexpected extra argument${extra.length === 1 ? "" : "s"} (${extra.join(" ")})`, name);
  }
  return { ...result, command: name, positional: own.positional, version: top.given.has("version") };
}

function unknownCommand(name: string, group: string | undefined) {
  const known = Object.keys(commands)
    .filter((command) => (group === undefined ? true : command.startsWith(`${group} `)))
    .map((command) => (group === undefined ? (command.split(" ")[0] ?? command) : command.slice(group.length + 1)));
  const near = didYouMean(name, known);
  return usageError(
    `No such command '${name}'.`,
    group,
    near ? `Did you mean '${near}'?` : `Commands: ${[...new Set(known)].join(", ")}.`,
  );
}

/** An option stands on one side of the command only. */
function merge(into: Map<string, string | boolean | string[]>, from: Map<string, string | boolean | string[]>): void {
  for (const [name, value] of from) {
    if (into.has(name)) {
      throw usageError(
        `${name} was provided both before and after the subcommand, it can only be set either before or after.`,
        undefined,
      );
    }
    into.set(name, value);
  }
}

/** Reads options and, when `interspersed`, everything; else stops at the first word and answers the rest. */
function parseLevel(current: Level, args: string[], interspersed: boolean): string[] {
  const queue = [...args];
  while (queue.length > 0) {
    const word = queue.shift() ?? "";
    if (word === "--") {
      current.positional.push(...queue);
      return interspersed ? [] : queue;
    }
    if (word === "--help" || word === "-h") {
      current.help = true;
      return [];
    }
    if (word.startsWith("--")) longOption(current, word, queue);
    else if (word.startsWith("-") && word.length > 1) shortOptions(current, word, queue);
    else if (interspersed) current.positional.push(word);
    else return [word, ...queue];
  }
  return [];
}

function longOption(current: Level, word: string, queue: string[]): void {
  const equals = word.indexOf("=");
  const flag = equals === -1 ? word : word.slice(0, equals);
  const known = current.options.get(flag);
  if (!known) throw unknownOption(current, flag);
  const attached = equals === -1 ? undefined : word.slice(equals + 1);
  if (known.option.kind === "switch") {
    if (attached !== undefined) throw usageError(`Option '${flag}' does not take a value.`, current.name);
    current.given.set(known.option.name, known.value);
  } else take(current, known.option, flag, attached, queue);
}

/** `-x`, `-xf`, `-smodel`: short switches may stand together, a value may stand right behind its letter. */
function shortOptions(current: Level, word: string, queue: string[]): void {
  for (let i = 1; i < word.length; i++) {
    const flag = `-${word[i]}`;
    const known = current.options.get(flag);
    if (!known) throw unknownOption(current, i === 1 && word.length === 2 ? word : flag);
    if (known.option.kind === "switch") {
      current.given.set(known.option.name, true);
      continue;
    }
    const attached = word.slice(i + 1);
    take(current, known.option, flag, attached === "" ? undefined : attached.replace(/^=/, ""), queue);
    return;
  }
}

function take(current: Level, option: DbtOption, flag: string, attached: string | undefined, queue: string[]): void {
  const value = attached ?? queue.shift();
  if (value === undefined) throw usageError(`Option '${flag}' requires an argument.`, current.name);
  if (option.kind !== "multi") {
    current.given.set(option.name, value);
    return;
  }
  // Everything up to the next option belongs to it; the first word may hold several, separated by spaces.
  const values = value.split(" ");
  while (queue.length > 0 && !queue[0]?.startsWith("-")) values.push(queue.shift() ?? "");
  const before = current.given.get(option.name);
  current.given.set(option.name, [...(Array.isArray(before) ? before : []), ...values]);
}

function unknownOption(current: Level, flag: string) {
  const near = didYouMean(flag, current.options.keys());
  return usageError(`No such option '${flag}'.${near ? ` Did you mean '${near}'?` : ""}`, current.name);
}
