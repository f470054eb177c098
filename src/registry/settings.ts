import { existsSync } from "node:fs";
import { join } from "node:path";
import { alertsPath } from "./alerts-config.ts";
import type { Lab } from "./lab.ts";
import { qualityPath } from "./quality-config.ts";
import type { Schema } from "./schema.ts";
import { alertsSchema } from "./schemas/alerts.ts";
import { labSchema } from "./schemas/lab.ts";
import type { Workspace } from "./workspace.ts";
import { readYaml } from "./yaml-file.ts";

/** One setting of a lab: as somebody has written it, or what holds because nobody has. */
export interface Setting {
  /** `sources.sales_data.key`; an entry of a list goes by its `name`, or by its number. */
  path: string;
  /** As it is written, `${VARIABLE}` not filled in; null for a secret. */
  value: string | null;
  /** Where it is written; null: it is the default. */
  place: { file: string; line: number; column: number } | null;
  /** The setting of the lab that stands above this one of the workspace. */
  overriddenBy: string | null;
}

type Path = (string | number)[];

/** What must not be shown even when somebody has written it into a file instead of naming a variable. */
const secret = /token|passw|secret|api[_-]?key|authorization|credential|cookie/i;
const reference = /^\s*(?:(?:Bearer|Basic|Token)\s+)?\$\{[^}]+\}\s*$/i;

/** What alerts.yml says of all labs; its channels and rules are about people and other labs. */
const alertsOfAll = /^(?:thresholds|repeat|quiet_hours)(?:\.|$)/;

/**
 * Every setting of a lab with the place it comes from: its entry in the registry, lab.yml, what the workspace's quality.yml
 * and alerts.yml say for all labs, and the defaults of the rest. Errors: REG-003, REG-012.
 */
export function labSettings(workspace: Workspace, lab: Lab): Setting[] {
  const entry = settingsOf(workspace.file, ["labs", lab.name]);
  const own = settingsOf(lab.paths.config, []);
  const paths = new Set(own.map(({ path }) => path));
  const shared = (file: string, section: string) =>
    settingsOf(join(workspace.root, file), []).map((setting) => {
      const path = `${section}.${setting.path}`;
      return { ...setting, path, overriddenBy: paths.has(path) ? path : null };
    });
  const alerts = shared(alertsPath, "alerts").filter(({ path }) => alertsOfAll.test(path.slice("alerts.".length)));
  const written = [...entry, ...own, ...shared(qualityPath, "quality"), ...alerts];
  const known = new Set(written.map(({ path }) => path));
  const isWritten = (path: string) => known.has(path) || written.some((each) => each.path.startsWith(`${path}.`));
  // Without a schedule there is nothing that its defaults would be of.
  const defaults = [...defaultsOf(labSchema, ""), ...defaultsOf(alertsSchema, "alerts.")].filter(
    ({ path }) => !isWritten(path) && (!path.startsWith("schedule.") || isWritten("schedule")),
  );
  return [...written, ...new Map(defaults.map((each) => [each.path, each])).values()];
}

/** Defaults of the keys of a schema that are there once: not of entries of lists, nor of keys of one's own. */
function defaultsOf(schema: Schema, before: string): Setting[] {
  const object = schema.anyOf?.find(({ properties }) => properties) ?? schema;
  return Object.entries(object.properties ?? {}).flatMap(([key, own]): Setting[] => {
    const path = `${before}${key}`;
    if (own.default === undefined) return defaultsOf(own, `${path}.`);
    return [{ path, value: textOf(own.default), place: null, overriddenBy: null }];
  });
}

function settingsOf(file: string, below: string[]): Setting[] {
  if (!existsSync(file)) return [];
  const yaml = readYaml(file);
  const found: Setting[] = [];
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
      found.push({
        path: words.join("."),
        value: hidden ? null : text,
        place: { file, line, column },
        overriddenBy: null,
      });
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
