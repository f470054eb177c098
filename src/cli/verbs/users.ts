import { join } from "node:path";
import { type Ledger, openLedger, type User, userName } from "#ledger/index.ts";
import { workspaceOf, writeJson } from "../context.ts";
import { cliErrors } from "../errors.ts";
import type { Verb, VerbInput } from "../io.ts";
import { grantFrom, grantOptions, grantText } from "../look/grants.ts";
import { readPassword } from "../look/password.ts";
import { ago, renderTable } from "../render/index.ts";

const actions: Record<string, (input: VerbInput, ledger: Ledger, name: string) => Promise<number>> = {
  add,
  remove,
  "set-role": setRole,
  passwd,
};

export const verb: Verb = {
  arguments: [
    { name: "[action]", description: `list (default), ${Object.keys(actions).join(", ")}` },
    { name: "[name]", description: "Who; stands in the audit log" },
    { name: "[role]", description: "set-role: viewer, operator or admin" },
  ],
  options: grantOptions,
  examples: [
    { command: "labs users add ann --role operator", does: "Let her sign in on the page; asks for a password" },
    { command: "labs users add ben --lab sales --lab forecast=operator", does: "Two labs only, with a role at each" },
    { command: "labs users set-role ann admin", does: "Takes effect with her next click" },
    { command: "labs users passwd ann", does: "A new password; where she is signed in ends" },
    { command: "labs users remove ben", does: "His sessions end, too" },
  ],
  async run(input) {
    const { args } = input;
    const [action = "list", name] = args;
    const own = Object.hasOwn(actions, action) ? actions[action] : undefined;
    if (action !== "list" && own === undefined)
      throw cliErrors.usage({
        message: `There is no action ${action}.`,
        hint: `Use one of list, ${Object.keys(actions).join(", ")}.`,
      });
    if (own && name === undefined)
      throw cliErrors.usage({ message: `\`labs users ${action}\` needs a name.`, hint: `labs users ${action} ann` });
    const ledger = await openLedger(join(workspaceOf(input).state, "ledger.db"));
    try {
      return own ? await own(input, ledger, name ?? "") : list(input, await ledger.users.all());
    } finally {
      await ledger.close();
    }
  },
};

async function add(input: VerbInput, { users }: Ledger, name: string): Promise<number> {
  // Names stand in the audit log, in cookies of nobody else's and on the page.
  if (!/^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u.test(name) || name === "local" || name === "nobody")
    throw cliErrors.usage({
      message: `${JSON.stringify(name)} cannot be the name of a user.`,
      hint: "Letters, digits, . _ @ and -, such as ann or ann@example.com.",
    });
  const grant = grantFrom(input.options, workspaceOf(input));
  const user = await users.add(name, grant, await readPassword(name), userName(), new Date());
  return tell(input, user, `${name} may sign in: ${grantText(user)}.`);
}

async function remove(input: VerbInput, { users }: Ledger, name: string): Promise<number> {
  if (!(await users.remove(name))) throw unknown(name);
  if (input.global.output === "json") writeJson(input, { removed: name });
  else input.io.out(`${name} may not sign in any more.\n`);
  return 0;
}

async function setRole(input: VerbInput, { users }: Ledger, name: string): Promise<number> {
  const { role, labs } = grantFrom(input.options, workspaceOf(input), input.args[2]);
  const user = await users.setRole(name, role, labs);
  if (!user) throw unknown(name);
  return tell(input, user, `${name}: ${grantText(user)}.`);
}

async function passwd(input: VerbInput, { users }: Ledger, name: string): Promise<number> {
  if (!(await users.all()).some((user) => user.name === name)) throw unknown(name);
  const user = await users.setPassword(name, await readPassword(name), new Date());
  if (!user) throw unknown(name);
  return tell(input, user, `${name} has a new password.`);
}

const unknown = (name: string) =>
  cliErrors.usage({ message: `There is no user named ${name}.`, hint: "`labs users` lists them." });

function tell(input: VerbInput, user: User, text: string): number {
  if (input.global.output === "json") writeJson(input, user);
  else input.io.out(`${text}\n`);
  return 0;
}

function list(input: VerbInput, users: User[]): number {
  const { io, global } = input;
  if (global.output === "json") writeJson(input, { users });
  else if (users.length === 0) io.out("There are no users. Make one: labs users add <name> --role viewer\n");
  else
    io.out(
      renderTable(
        [{ title: "NAME" }, { title: "ROLE" }, { title: "MADE" }, { title: "SIGNED IN" }],
        users.map((user) => [
          user.name,
          grantText(user),
          ago(user.createdAt),
          user.usedAt === null ? "never" : ago(user.usedAt),
        ]),
        { color: io.color, ...(io.isTTY && { width: io.width }) },
      ),
    );
  return 0;
}
