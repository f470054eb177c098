import { parse } from "yaml";
import { cliErrors } from "../errors.ts";

/** `--vars` as data. Errors: CLI-001 when it is no mapping. */
export function varsOf(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw cliErrors.usage({
    message: `--vars takes a YAML mapping, not '${text}'.`,
    hint: "Write --vars '{name: value}'.",
  });
}
