import { cliErrors } from "./errors.ts";
import type { Verb } from "./io.ts";
import { usageLine } from "./help.ts";

/** A verb's own words as arguments and options, by its declaration. Errors: CLI-002. */
export async function parseVerb(
  name: string,
  verb: Verb,
  words: string[],
): Promise<{ args: string[]; options: Record<string, unknown> }> {
  if (verb.passThrough) return { args: words, options: {} };
  const { Argument, Command, CommanderError, Option } = await import("commander");
  const command = new Command(name)
    .helpOption(false)
    .exitOverride()
    .configureOutput({ writeErr() {}, writeOut() {} })
    .allowExcessArguments(false);
  for (const declared of verb.arguments ?? []) {
    const bare = declared.name.replace(/^[<[]|[>\]]$/g, "").replace(/\.\.\.$/, "");
    const text = bare + (declared.variadic ? "..." : "");
    command.addArgument(new Argument(declared.required ? `<${text}>` : `[${text}]`, declared.description));
  }
  for (const declared of verb.options ?? []) {
    const option = new Option(declared.flags, declared.description);
    if (declared.choices) option.choices(declared.choices);
    if (declared.default !== undefined) option.default(declared.default);
    command.addOption(option);
  }
  try {
    command.parse(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const [first = "", meant] = error.message.replace(/^error: /, "").split("\n");
    const suggestion = /\(Did you mean (.+)\?\)/.exec(meant ?? "")?.[1];
    const sentence = `${first.charAt(0).toUpperCase()}${first.slice(1).replaceAll("'", "`").replace(/\.$/, "")}.`;
    throw cliErrors.usage({
      message: sentence,
      hint: suggestion
        ? `Did you mean \`${suggestion.replace(/^one of /, "")}\`?`
        : `Usage: ${usageLine(name, verb)} (\`labs ${name} --help\` shows everything).`,
    });
  }
  return { args: command.args, options: command.opts() };
}
