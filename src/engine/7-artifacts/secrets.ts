import { hideSecrets, secretsIn } from "../1-read/index.ts";
import type { Plain, PlainRecord } from "../manifest/types.ts";

/** The invocation's arguments with the values of secret variables replaced by stars, in `vars` and in the command. */
export function scrubSecrets(args: PlainRecord): PlainRecord {
  const vars = (args.vars ?? {}) as PlainRecord;
  const secrets = secretsIn(vars);
  if (secrets.length === 0) return args;
  const hidden = (value: Plain): Plain => (typeof value === "string" ? hideSecrets(value, secrets) : value);
  return {
    ...args,
    ...("invocation_command" in args ? { invocation_command: hidden(args.invocation_command) } : {}),
    vars: Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, hidden(value)])),
  };
}
