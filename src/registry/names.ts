import { registryErrors } from "./errors.ts";
import { isReservedDatabase, isReservedLab } from "./reserved-names.ts";
import type { Workspace } from "./workspace.ts";

/** Folders that a workspace has for itself. */
const folderNames = new Set(["shared", "docs", "orchestration", "node_modules"]);

export const nameRules =
  "A name has 2 to 63 characters: small letters, digits and underscores, starting with a letter; names of schemas (raw, bronze, silver, gold, main, quarantine …), of folders of the workspace, of devices (con, nul …) and `dbt` are not allowed.";

/** Refuses a name that a new lab cannot have: REG-006 invalid, REG-007 taken; with a suggestion. */
export function requireFreeName(workspace: Workspace, name: string): void {
  const taken = (candidate: string) =>
    workspace.labs.find((lab) => lab.name.toLowerCase() === candidate.toLowerCase()) !== undefined;
  if (!isValidName(name)) {
    const suggestion = suggestName(name, taken);
    throw registryErrors.nameInvalid({
      message: `${JSON.stringify(name)} cannot be a lab's name. ${nameRules}`,
      hint: suggestion ? `Take \`${suggestion}\`, for example.` : "Choose another name.",
      data: { name, ...(suggestion && { suggestion }) },
    });
  }
  if (taken(name)) {
    const suggestion = suggestName(name, taken);
    throw registryErrors.nameTaken({
      message: `There is a lab named ${name} already.`,
      hint: suggestion ? `Take another name, such as \`${suggestion}\`.` : "Take another name.",
      data: { name, ...(suggestion && { suggestion }) },
    });
  }
}

function isValidName(name: string): boolean {
  const reserved = isReservedDatabase(name) || isReservedLab(name) || folderNames.has(name);
  return /^[a-z][a-z0-9_]{1,62}$/.test(name) && !reserved;
}

/** The nearest valid and free name, or undefined when nothing of it can be kept. */
export function suggestName(name: string, taken: (candidate: string) => boolean): string | undefined {
  const base = name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, "")
    .replaceAll("ß", "ss")
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[^a-z]+|_+$/g, "")
    .slice(0, 55);
  if (base === "") return undefined;
  const candidates = [base, `${base}_lab`, ...Array.from({ length: 98 }, (_, i) => `${base}_${i + 2}`)];
  return candidates.find((candidate) => isValidName(candidate) && !taken(candidate));
}
