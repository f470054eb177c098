import { parseYaml, pathKind } from "#engine/index.ts";
import { resolve } from "node:path";
import { usageError } from "./errors.ts";
import type { DbtOption } from "./options.ts";

const yes = new Set(["1", "true", "t", "yes", "y", "on"]);
const no = new Set(["0", "false", "f", "no", "n", "off"]);
const dateFormats = "'%Y-%m-%d', '%Y-%m-%dT%H:%M:%S', '%Y-%m-%d %H:%M:%S'";

/** A value of the command line or the environment in the option's type. Errors: DBT-001 in click's words. */
export function convert(
  option: DbtOption,
  raw: string | boolean | string[],
  command: string | undefined,
  cwd: string,
): unknown {
  const fail = (text: string, hint?: string): never => {
    throw usageError(
      `Invalid value for '${option.flags.filter((flag) => flag.startsWith("--")).join("' / '")}': ${text}`,
      command,
      hint,
    );
  };
  if (typeof raw === "boolean") return raw;
  if (Array.isArray(raw) || option.kind === "multi") {
    const values = Array.isArray(raw) ? raw : raw.split(/\s+/).filter((word) => word !== "");
    for (const value of values) checkChoice(option, value, fail);
    return values;
  }
  switch (option.kind) {
    case "switch": {
      const word = raw.trim().toLowerCase();
      if (yes.has(word)) return true;
      return no.has(word) ? false : fail(`'${raw}' is not a valid boolean.`, "Write true or false.");
    }
    case "integer":
      return /^\s*[-+]?\d+\s*$/.test(raw) ? Number(raw) : fail(`'${raw}' is not a valid integer.`);
    case "choice":
      checkChoice(option, raw, fail);
      return raw;
    case "yaml":
      return mapping(option, raw, command);
    case "date":
      return dateTime(raw) ?? fail(`'${raw}' does not match the formats ${dateFormats}.`);
    case "package": {
      const [name, version, ...more] = raw.split("@");
      return more.length === 0 && version !== undefined ? { name, version } : { name: raw, version: null };
    }
    case "path":
      // debug tells itself that there are no profiles, and deps needs none.
      if (!(option.name === "profiles_dir" && (command === "debug" || command === "deps"))) {
        checkPath(option, raw, cwd, fail);
      }
      return raw;
    case "text":
      return raw;
  }
}

function checkChoice(option: DbtOption, value: string, fail: (text: string) => never): void {
  if (option.choices === undefined || option.choices.includes(value)) return;
  fail(`'${value}' is not one of ${option.choices.map((choice) => `'${choice}'`).join(", ")}.`);
}

function checkPath(option: DbtOption, path: string, cwd: string, fail: (text: string) => never): void {
  if (option.must === undefined) return;
  const kind = pathKind(resolve(cwd, path));
  const noun = option.must === "folder" ? "Directory" : "Path";
  // `--state` may name a folder that a later step fills; only a file in its place is wrong.
  if (kind === undefined && option.must === "exists") fail(`${noun} '${path}' does not exist.`);
  if (kind === "file" && option.must === "folder") fail(`${noun} '${path}' is a file.`);
}

function mapping(option: DbtOption, raw: string, command: string | undefined): unknown {
  const flag = option.flags[0] ?? "";
  const fail = (cause?: unknown): never => {
    throw Object.assign(
      usageError(
        `Invalid value for '${flag}': String '${raw}' is not valid YAML`,
        command,
        `Write a mapping in quotes: ${flag} '{name: value}'.`,
      ),
      { cause },
    );
  };
  let data: unknown;
  try {
    ({ data } = parseYaml(raw, flag));
  } catch (error) {
    return fail(error);
  }
  // A date is an object too, but no mapping.
  return typeof data === "object" && data !== null && Object.getPrototypeOf(data) === Object.prototype ? data : fail();
}

function dateTime(text: string): string | undefined {
  const found = /^(\d{4}-\d\d?-\d\d?)(?:[T ](\d\d?:\d\d?:\d\d?))?$/.exec(text);
  if (!found) return undefined;
  const pad = (part: string, mark: string): string =>
    part
      .split(mark)
      .map((piece) => piece.padStart(2, "0"))
      .join(mark);
  const iso = `${pad(found[1] ?? "", "-")}T${pad(found[2] ?? "00:00:00", ":")}`;
  const date = new Date(`${iso}Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso) ? iso : undefined;
}
