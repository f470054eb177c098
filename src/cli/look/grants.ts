import type { Grant, Role } from "#ledger/index.ts";
import type { Workspace } from "#registry/index.ts";
import { cliErrors } from "../errors.ts";
import type { VerbOption } from "../io.ts";

export const roles = ["viewer", "operator", "admin"] as const;

/** Options of who lets somebody in. */
export const grantOptions: VerbOption[] = [
  {
    flags: "--role <role>",
    description: "viewer looks and asks, operator also runs and pauses, admin also sees the audit log",
    choices: [...roles],
    default: "viewer",
  },
  {
    flags: "--lab <name...>",
    description: "Only these labs; `name=role` gives another role there. Others do not exist for them",
  },
];

/** What `--role` and `--lab` say. Errors: CLI-002, REG-002. */
export function grantFrom(options: Record<string, unknown>, workspace: Workspace, role = options["role"]): Grant {
  const general = roleFrom(role);
  const given = options["lab"] as string[] | undefined;
  if (given === undefined) return { role: general, labs: null };
  const labs = given.map((text) => {
    const [name = "", own] = text.split("=");
    return [workspace.lab(name).name, own === undefined ? general : roleFrom(own)] as const;
  });
  return { role: general, labs: Object.fromEntries(labs) };
}

function roleFrom(value: unknown): Role {
  const found = roles.find((role) => role === value);
  if (found) return found;
  throw cliErrors.usage({
    message: value === undefined ? "A role is missing." : `There is no role ${String(value)}.`,
    hint: `Use one of ${roles.join(", ")}.`,
  });
}

/** `operator`, or `sales (viewer), forecast (operator)`. */
export const grantText = ({ role, labs }: Grant): string =>
  labs === null
    ? role
    : Object.entries(labs)
        .map(([lab, own]) => `${lab} (${own})`)
        .join(", ");
