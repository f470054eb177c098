import type { ReadWarning, WarnErrorOptions } from "#engine/index.ts";
import { eventNames, foreignEventNames } from "./event-names.ts";

const all = new Set<unknown>(["all", "*"]);
const group = "Deprecations";
const full = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value));

/**
 * Checks `--warn-error-options` and gives it today's keys: `include` was the name of `error`, `exclude` that of `warn`.
 * `fail` gets dbt's message for a wrong value. Source of behaviour: dbt-core config/utils.py, dbt-common helper_types.py.
 */
export function readWarnErrorOptions(
  given: Readonly<Record<string, unknown>>,
  fail: (message: string) => never,
): { options: WarnErrorOptions; notices: ReadWarning[] } {
  const notices: ReadWarning[] = [];
  const old = ["include", "exclude"].filter((key) => Object.hasOwn(given, key));
  if (old.length > 0) {
    const today: Record<string, string> = { include: "error", exclude: "warn" };
    const advice = old.map((key) => ` Please use \`${today[key]}\` instead of \`${key}\`.`).join("");
    const found = old.map((key) => `\`${key}\``).join(" and ");
    const text = `Found ${found} in \`warn_error_options\` specification.${advice}`;
    notices.push({ name: "WEOIncludeExcludeDeprecation", code: "D031", text });
  }
  const either = (key: string, formerly: string): unknown => {
    if (full(given[key]) && full(given[formerly]))
      fail(`Only \`${formerly}\` or \`${key}\` can be specified in \`warn_error_options\`, not both`);
    return (Object.hasOwn(given, formerly) ? given[formerly] : given[key]) ?? [];
  };
  const list = (value: unknown): unknown => {
    if (!Array.isArray(value)) return value;
    return value.filter((name) => {
      if (eventNames.has(name) || name === group) return true;
      if (!foreignEventNames.has(name)) fail(`${String(name)} is not a valid dbt error name.`);
      const text = `${String(name)} is not being used because it's specific to the dbt Fusion engine.`;
      notices.push({ name: "Note", code: "Z050", text });
      return false;
    });
  };
  const error = list(either("error", "include"));
  const warn = list(either("warn", "exclude"));
  const silence = list(given.silence ?? []);
  if (typeof error === "string" && !all.has(error)) fail("error must be one of ('all', '*') or a list of strings");
  const wide = all.has(error) || [error, silence].some((names) => Array.isArray(names) && names.includes(group));
  if (full(warn) && !wide) {
    fail("`warn` can only be specified if `error` is one of ('all', '*') or Deprecations is in `error` or silence.");
  }
  return { options: { error, warn, silence }, notices };
}
