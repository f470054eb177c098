import type { Plain, PlainRecord } from "../manifest/types.ts";

const secretPrefix = "DBT_ENV_SECRET";

/** The invocation's arguments with the values of secret variables replaced by stars, in `vars` and in the command. */
export function scrubSecrets(args: PlainRecord): PlainRecord {
  const vars = (args.vars ?? {}) as PlainRecord;
  const secrets = Object.entries(vars)
    .filter(([name, value]) => name.startsWith(secretPrefix) && typeof value === "string" && value.trim() !== "")
    .map(([, value]) => value as string);
  if (secrets.length === 0) return args;
  const hidden = (value: Plain): Plain =>
    typeof value === "string" ? secrets.reduce((text, secret) => text.replaceAll(secret, "*****"), value) : value;
  return {
    ...args,
    ...("invocation_command" in args ? { invocation_command: hidden(args.invocation_command) } : {}),
    vars: Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, hidden(value)])),
  };
}
