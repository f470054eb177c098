import type { Row } from "./sql.ts";

/** `viewer` looks and asks, `operator` also runs, cancels and pauses, `admin` also sees the audit log. */
export type Role = "viewer" | "operator" | "admin";

/** The role at each lab that may be seen; null: every lab, with the role in general. */
export type LabRoles = Readonly<Record<string, Role>> | null;

/** What a user or a token may do. */
export interface Grant {
  role: Role;
  labs: LabRoles;
}

/** The role somebody has at a lab; undefined: the lab is not to be seen. */
export function roleAt({ role, labs }: Grant, lab: string): Role | undefined {
  if (labs === null) return role;
  return Object.hasOwn(labs, lab) ? labs[lab] : undefined;
}

/** Of a row with the columns `role` and `labs`. */
export function grantOf(row: Row): Grant {
  const labs = text(row["labs"]);
  return { role: String(row["role"]) as Role, labs: labs === null ? null : (JSON.parse(labs) as LabRoles) };
}

export const text = (value: Row[string] | undefined): string | null =>
  value === null || value === undefined ? null : String(value);
