import { didYouMean } from "#errors/index.ts";
import { cliErrors } from "./errors.ts";
import { globalFlags } from "./global-options.ts";
import { usageLine } from "./help.ts";
import type { Verb, VerbOption } from "./io.ts";

/** An option's notation taken apart. Own code instead of commander, whose loading alone takes 9 ms of every command. */
interface Option {
  declared: VerbOption;
  short?: string;
  long: string;
  /** Camel-cased long name, without `no-`. */
  key: string;
  value: "none" | "required" | "optional";
  variadic: boolean;
  negated: boolean;
}

/**
 * A verb's own words as arguments and options, by its declaration. As with commander: `--name value`, `--name=value`,
 * `-n value`, `-nvalue`, `-ab`; `<x...>` takes words up to the next option; `--no-x` makes `x` false; `--` ends options.
 * Errors: CLI-002.
 */
export function parseVerb(
  name: string,
  verb: Verb,
  words: string[],
): { args: string[]; options: Record<string, unknown> } {
  if (verb.passThrough) return { args: words, options: {} };
  const declared = (verb.options ?? []).map(readFlags);
  const usage = `Usage: ${usageLine(name, verb)} (\`labs ${name} --help\` shows everything).`;
  const wrong = (message: string, hint = usage) => cliErrors.usage({ message, hint });

  const options: Record<string, unknown> = {};
  for (const { declared: option, key, negated } of declared) {
    if (option.default !== undefined) options[key] = option.default;
    else if (negated && !declared.some((other) => other.key === key && !other.negated)) options[key] = true;
  }

  const args: string[] = [];
  const given = new Set<string>();
  const queue = [...words];
  const isOption = (word: string | undefined) =>
    word !== undefined && word.length > 1 && word.startsWith("-") && !/^-\d/.test(word);

  const store = (option: Option, attached: string | undefined) => {
    if (option.value === "none") {
      if (attached !== undefined) throw wrong(`The option ${option.long} takes no value.`);
      options[option.key] = !option.negated;
      return;
    }
    const values = attached === undefined ? [] : [attached];
    const knownNext = () => declared.some((other) => queue[0] === other.long || queue[0] === other.short);
    if (attached === undefined && queue.length > 0) {
      const takes = option.value === "required" ? !knownNext() && queue[0] !== "--" : !isOption(queue[0]);
      if (takes) values.push(queue.shift() ?? "");
      while (option.variadic && values.length > 0 && queue.length > 0 && !isOption(queue[0])) {
        values.push(queue.shift() ?? "");
      }
    }
    if (values.length === 0) {
      if (option.value === "required") throw wrong(`The option ${option.long} needs a value.`);
      options[option.key] = true;
      return;
    }
    for (const value of values) requireChoice(option, value);
    if (option.variadic) {
      const before = given.has(option.key) ? (options[option.key] as string[]) : [];
      options[option.key] = [...before, ...values];
    } else options[option.key] = values[0];
    given.add(option.key);
  };

  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === "--") {
      args.push(...queue.splice(0));
    } else if (!isOption(word)) {
      args.push(word);
    } else if (word.startsWith("--")) {
      const equals = word.indexOf("=");
      const long = equals === -1 ? word : word.slice(0, equals);
      const option = declared.find((candidate) => candidate.long === long);
      if (!option) throw unknownOption(long, verb, wrong);
      store(option, equals === -1 ? undefined : word.slice(equals + 1));
    } else {
      for (let rest = word.slice(1); rest !== ""; ) {
        const option = declared.find((candidate) => candidate.short === `-${rest[0]}`);
        if (!option) throw unknownOption(word, verb, wrong);
        rest = rest.slice(1);
        const attached = option.value !== "none" && rest !== "" ? rest.replace(/^=/, "") : undefined;
        store(option, attached);
        if (attached !== undefined) break;
      }
    }
  }

  checkArguments(verb, args, wrong);
  return { args, options };
}

function readFlags(declared: VerbOption): Option {
  const long = /--[\w-]+/.exec(declared.flags)?.[0] ?? "";
  const short = /(?:^|[ ,])(-\w)(?=$|[ ,])/.exec(declared.flags)?.[1];
  const negated = long.startsWith("--no-");
  const name = long.slice(negated ? 5 : 2);
  return {
    declared,
    long,
    ...(short !== undefined && { short }),
    key: name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
    value: declared.flags.includes("<") ? "required" : declared.flags.includes("[") ? "optional" : "none",
    variadic: declared.flags.includes("..."),
    negated,
  };
}

type Wrong = (message: string, hint?: string) => Error;

function unknownOption(flag: string, verb: Verb, wrong: Wrong): Error {
  const own = (verb.options ?? []).flatMap((option) => option.flags.match(/--[\w-]+/g) ?? []);
  const meant = didYouMean(flag, [...own, ...globalFlags.filter((other) => other.startsWith("--"))]);
  return wrong(`There is no option ${flag}.`, meant && `Did you mean \`${meant}\`?`);
}

function requireChoice(option: Option, value: string): void {
  const { choices } = option.declared;
  if (!choices || choices.includes(value)) return;
  const meant = didYouMean(value, choices);
  throw cliErrors.usage({
    message: `\`${value}\` is no value of ${option.long}.`,
    hint: meant ? `Did you mean \`${meant}\`?` : `Use one of ${choices.join(", ")}.`,
  });
}

function checkArguments(verb: Verb, args: string[], wrong: Wrong): void {
  const wanted = verb.arguments ?? [];
  for (const [i, argument] of wanted.entries()) {
    if (argument.required && args[i] === undefined) {
      throw wrong(`The argument ${argument.name.replace(/[<>[\].]/g, "")} is missing.`);
    }
  }
  const open = wanted.some((argument) => argument.variadic);
  if (!open && args.length > wanted.length) throw wrong(`\`${args[wanted.length]}\` is one argument too many.`);
}
