import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "./lab.ts";
import { qualityPath } from "./quality-config.ts";
import type { Workspace } from "./workspace.ts";
import { readYaml } from "./yaml-file.ts";

/** One setting of a lab as somebody has written it. */
export interface WrittenSetting {
  /** `sources.sales_data.key`; an entry of a list goes by its `name`, or by its number. */
  path: string;
  /** As it is written, `${VARIABLE}` not filled in; null for a secret. */
  value: string | null;
  file: string;
  line: number;
  column: number;
  /** The setting of the lab that stands above this one of the workspace. */
  overriddenBy: string | null;
}

type Path = (string | number)[];

/** What must not be shown even when somebody has written it into a file instead of naming a variable. */
const secret = /token|passw|secret|api[_-]?key|authorization|credential|cookie/i;
const reference = /^\s*(?:(?:Bearer|Basic|Token)\s+)?\$\{[^}]+\}\s*$/i;

/**
 * Every setting of a lab with the place it comes from: its entry in the registry, lab.yml, and what the workspace's
 * quality.yml says for all labs. Errors: REG-003, REG-012.
 */
export function writtenSettings(workspace: Workspace, lab: Lab): WrittenSetting[] {
  const entry = settingsOf(workspace.file, ["labs", lab.name]);
  const own = settingsOf(lab.paths.config, []);
  const paths = new Set(own.map(({ path }) => path));
  const shared = settingsOf(join(workspace.root, qualityPath), []).map((setting) => {
    const path = `quality.${setting.path}`;
    return { ...setting, path, overriddenBy: paths.has(path) ? path : null };
  });
  return [...entry, ...own, ...shared];
}

function settingsOf(file: string, below: string[]): WrittenSetting[] {
  if (!existsSync(file)) return [];
  const yaml = readYaml(file);
  const found: WrittenSetting[] = [];
  const visit = (value: unknown, path: Path, words: string[]): void => {
    const list = Array.isArray(value) ? value : undefined;
    if (list?.some((item) => typeof item === "object" && item !== null)) {
      for (const [i, item] of list.entries()) {
        const { name } = (item ?? {}) as { name?: unknown };
        visit(item, [...path, i], [...words, typeof name === "string" ? name : String(i + 1)]);
      }
    } else if (typeof value === "object" && value !== null && !list && !(value instanceof Date)) {
      for (const [key, item] of Object.entries(value)) visit(item, [...path, key], [...words, key]);
    } else if (words.length > 0) {
      const { line = 1, column = 1 } = yaml.place(path);
      const text = list ? list.map(String).join(", ") : textOf(value);
      const hidden = path.some((part) => secret.test(String(part))) && !reference.test(text);
      found.push({ path: words.join("."), value: hidden ? null : text, file, line, column, overriddenBy: null });
    }
  };
  let value = yaml.data;
  for (const part of below) value = (value as Record<string, unknown> | null | undefined)?.[part];
  if (value !== null && value !== undefined) visit(value, [...below], []);
  return found;
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return value instanceof Date ? value.toISOString() : String(value as string | number | boolean);
}
