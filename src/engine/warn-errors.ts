import { engineError } from "./errors.ts";
import type { EventSink } from "./events.ts";
import type { Flags } from "./flags.ts";

/** `--warn-error-options`, with `all` in `error` also for `--warn-error`. */
export interface WarnErrorOptions {
  /** `all`, `*`, or names of events; `Deprecations` stands for every one of them. */
  error?: unknown;
  warn?: unknown;
  silence?: unknown;
}

const group = "Deprecations";
const names = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
const isAll = (value: unknown): boolean => value === "all" || value === "*";
/** Events of the group have a code such as D012; without a code the name tells. */
const isGrouped = (name: string, code: string | undefined): boolean =>
  code === undefined ? name.endsWith("Deprecation") : /^D\d/.test(code);

/** Whether a warning ends the command. A name goes before the group, the group before `all`. Source: dbt-common helper_types.py. */
export function warningIsError(options: WarnErrorOptions, name: string, code?: string): boolean {
  const [error, warn, silence] = [names(options.error), names(options.warn), names(options.silence)];
  if (warn.includes(name) || silence.includes(name)) return false;
  if (error.includes(name)) return true;
  const grouped = isGrouped(name, code);
  if (grouped && (warn.includes(group) || silence.includes(group))) return false;
  return isAll(options.error) || (grouped && error.includes(group));
}

/** Whether a warning is not shown at all. */
export function warningIsSilenced(options: WarnErrorOptions, name: string, code?: string): boolean {
  const silence = names(options.silence);
  if (silence.includes(name)) return true;
  const named = names(options.error).includes(name) || names(options.warn).includes(name);
  return !named && silence.includes(group) && isGrouped(name, code);
}

/** What `--warn-error` and `--warn-error-options` of an invocation come to. */
export const warnErrorsOf = ({ warnError, warnErrorOptions = {} }: Flags): WarnErrorOptions =>
  warnError ? { ...warnErrorOptions, error: "all" } : warnErrorOptions;

/** A sink that passes everything on and throws for warnings that are to be errors, which stops the engine as it stops dbt. */
export function raisingSink(flags: Flags, sink: EventSink): EventSink {
  const options = warnErrorsOf(flags);
  if (Object.keys(options).length === 0) return sink;
  return (event) => {
    sink(event);
    if (event.type !== "message" || event.level !== "warn") return;
    const name = event.name ?? "Note";
    if (!warningIsError(options, name, event.code)) return;
    throw engineError("compilation", {
      message: event.text,
      hint: "Remove the cause, or leave out --warn-error.",
      data: { warning: name },
    });
  };
}
