import { join } from "node:path";
import { type AccessToken, openLedger, userName } from "#ledger/index.ts";
import { milliseconds } from "#registry/index.ts";
import { workspaceOf, writeJson } from "../context.ts";
import { cliErrors } from "../errors.ts";
import type { Verb, VerbInput } from "../io.ts";
import { grantFrom, grantOptions, grantText } from "../look/grants.ts";
import { ago, renderTable } from "../render/index.ts";

const actions = ["list", "add", "remove"] as const;

export const verb: Verb = {
  arguments: [
    { name: "[action]", description: "list (default), add or remove" },
    { name: "[name]", description: "Whose token it is; stands in the audit log" },
  ],
  options: [
    ...grantOptions,
    { flags: "--expires <time>", description: "add: when it ends, such as `90 days`; default: never" },
  ],
  examples: [
    { command: "labs tokens add ann --role operator", does: "Make a token and show it this once" },
    { command: "labs tokens add ci --lab sales=operator --expires '90 days'", does: "For one lab, and not for ever" },
    { command: "labs tokens", does: "Who has one, and when it was used last" },
    { command: "labs tokens remove ann", does: "Take it back; her sessions end with it" },
  ],
  async run(input) {
    const { args, io, options, global } = input;
    const [action = "list", name] = args;
    if (!actions.includes(action as (typeof actions)[number]))
      throw cliErrors.usage({ message: `There is no action ${action}.`, hint: `Use one of ${actions.join(", ")}.` });
    const ledger = await openLedger(join(workspaceOf(input).state, "ledger.db"));
    try {
      if (action === "list") return list(input, await ledger.access.tokens());
      if (name === undefined)
        throw cliErrors.usage({
          message: `\`labs tokens ${action}\` needs a name.`,
          hint: `labs tokens ${action} ann`,
        });
      if (action === "remove") {
        const done = await ledger.access.removeToken(name);
        if (!done)
          throw cliErrors.usage({ message: `There is no token named ${name}.`, hint: "`labs tokens` lists them." });
        if (global.output === "json") writeJson(input, { removed: name });
        else io.out(`The token of ${name} is taken back.\n`);
        return 0;
      }
      const now = new Date();
      const expires = expiry(options["expires"], now);
      const { role, labs } = grantFrom(options, workspaceOf(input));
      const { token, secret } = await ledger.access.addToken(name, role, userName(), now, expires, labs);
      if (global.output === "json") writeJson(input, { ...token, token: secret });
      else io.out(`${secret}\nThis is the only time it is shown. ${name}: ${grantText(token)}.\n`);
      return 0;
    } finally {
      await ledger.close();
    }
  },
};

function list(input: VerbInput, tokens: AccessToken[]): number {
  const { io, global } = input;
  if (global.output === "json") writeJson(input, { tokens });
  else if (tokens.length === 0) io.out("Nobody has a token. Make one: labs tokens add <name> --role viewer\n");
  else
    io.out(
      renderTable(
        [{ title: "NAME" }, { title: "ROLE" }, { title: "MADE" }, { title: "USED" }, { title: "EXPIRES" }],
        tokens.map((token) => [
          token.name,
          grantText(token),
          ago(token.createdAt),
          token.usedAt === null ? "never" : ago(token.usedAt),
          token.expiresAt?.slice(0, 10) ?? "",
        ]),
        { color: io.color, ...(io.isTTY && { width: io.width }) },
      ),
    );
  return 0;
}

function expiry(value: unknown, now: Date): string | null {
  if (value === undefined) return null;
  const ms = /^\d+ ?(m|min|minutes?|h|hours?|d|days?|w|weeks?)$/.test(String(value)) ? milliseconds(String(value)) : 0;
  if (ms > 0) return new Date(now.getTime() + ms).toISOString();
  throw cliErrors.usage({ message: `--expires takes a time such as \`90 days\`, not ${String(value)}.` });
}
