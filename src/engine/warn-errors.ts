import { engineError } from "./errors.ts";
import type { EventSink } from "./events.ts";
import type { Flags } from "./flags.ts";

const names = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** Whether a warning of this name ends the command: `--warn-error` and `--warn-error-options` with their `warn` and `silence`. */
export function warningIsError({ warnError, warnErrorOptions = {} }: Flags, name: string): boolean {
  const { error, warn, silence } = warnErrorOptions;
  if (names(warn).includes(name) || names(silence).includes(name)) return false;
  if (warnError || error === "all" || error === "*") return true;
  const listed = names(error);
  return listed.includes(name) || (listed.includes("Deprecations") && name.endsWith("Deprecation"));
}

/** A sink that passes everything on and throws for warnings that are to be errors, which stops the engine as it stops dbt. */
export function raisingSink(flags: Flags, sink: EventSink): EventSink {
  const { warnError, warnErrorOptions } = flags;
  if (!warnError && (warnErrorOptions === undefined || Object.keys(warnErrorOptions).length === 0)) return sink;
  return (event) => {
    sink(event);
    if (event.type !== "message" || event.level !== "warn") return;
    const name = event.name ?? "Note";
    if (!warningIsError(flags, name)) return;
    throw engineError("compilation", {
      message: event.text,
      hint: "Remove the cause, or leave out --warn-error.",
      data: { warning: name },
    });
  };
}
