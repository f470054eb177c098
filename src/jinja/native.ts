import { pyError } from "./errors.ts";
import { parseLiteral } from "./literal.ts";
import { PyMarker } from "./markup.ts";
import { isFloat, isInt } from "./numbers.ts";
import { str } from "./operations.ts";
import type { Value } from "./value.ts";

/**
 * What native rendering makes of its parts: nothing is empty text, one part is that value, more are one text.
 * Only texts marked by `as_native`, `as_bool` and `as_number` are read as Python literals.
 */
export function nativeConcat(parts: readonly Value[]): Value {
  if (parts.length === 0) return "";
  if (parts.length > 1) return parts.map(str).join("");
  const raw = parts[0] as Value;
  if (!(raw instanceof PyMarker)) return raw;
  if (raw.pyType === "TextMarker") return raw.text;
  const parsed = parseLiteral(raw.text);
  const value = parsed ? parsed.value : raw.text;
  if (raw.pyType === "BoolMarker" && typeof value !== "boolean") {
    throw pyError("JinjaRenderingError", `Could not convert value '${raw.text}' into type 'bool'`);
  }
  if (raw.pyType === "NumberMarker" && (typeof value === "boolean" || !(isInt(value) || isFloat(value)))) {
    throw pyError("JinjaRenderingError", `Could not convert value '${raw.text}' into type 'number'`);
  }
  return value;
}
