import type { Plain } from "../manifest/types.ts";

/**
 * JSON of plain data that may hold Python values out of YAML or templates (floats, dates, dicts) and big integers.
 * What is plain already is not copied, so large manifests cost one native stringify a node.
 */
export function toJson(value: Plain): string {
  return JSON.stringify(jsonReady(value)) ?? "null";
}

/**
 * The same value with everything that JSON cannot hold replaced; the same object when there is nothing to replace.
 * `onOther` is told when the text will not say what the value was.
 */
export function jsonReady(value: Plain, onOther?: () => void): Plain {
  if (typeof value === "bigint") {
    onOther?.();
    return rawNumber(value);
  }
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    let copy: Plain[] | undefined;
    for (let i = 0; i < value.length; i++) {
      const ready = jsonReady(value[i], onOther);
      if (ready === value[i]) continue;
      copy ??= [...value];
      copy[i] = ready;
    }
    return copy ?? value;
  }
  if ("toJSON" in value && typeof value.toJSON === "function") {
    onOther?.();
    return value;
  }
  if ("toPlain" in value && typeof value.toPlain === "function") {
    onOther?.();
    const plain: Plain = value.toPlain();
    return plain === undefined ? String(value) : jsonReady(plain);
  }
  const record = value as Record<string, Plain>;
  let copy: Record<string, Plain> | undefined;
  for (const key in record) {
    const ready = jsonReady(record[key], onOther);
    if (ready === record[key]) continue;
    copy ??= { ...record };
    copy[key] = ready;
  }
  return copy ?? record;
}

const rawJson = (JSON as unknown as { rawJSON?: (text: string) => Plain }).rawJSON;

function rawNumber(value: bigint): Plain {
  return rawJson ? rawJson(value.toString()) : Number(value);
}

/** A number that dbt writes as a float: `1` becomes `1.0`. For JSON text only. */
export function float(value: number): Plain {
  return Number.isInteger(value) && rawJson ? rawJson(value.toFixed(1)) : value;
}

/** JSON as Python's `json.dumps` spells it: a blank after `,` and `:`, everything beyond ASCII escaped. */
export function pythonJson(value: Plain): string {
  return escapeNonAscii(spaced(jsonReady(value)));
}

function spaced(value: Plain): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (typeof value === "object" && value !== null && !("toJSON" in value) && !isRaw(value)) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}: ${spaced(item)}`).join(", ")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

const isRawJson = (JSON as unknown as { isRawJSON?: (value: unknown) => boolean }).isRawJSON;

function isRaw(value: object): boolean {
  return isRawJson?.(value) ?? false;
}

function escapeNonAscii(text: string): string {
  return text.replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** JSON that Python wrote: `NaN` and `Infinity` stand there as bare words and are read as null. */
export function parsePythonJson(text: string): Plain {
  try {
    return JSON.parse(text) as Plain;
  } catch (error) {
    const words = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g;
    const cleaned = text.replace(words, (token) => (token.startsWith('"') ? token : "null"));
    if (cleaned === text) throw error;
    return JSON.parse(cleaned) as Plain;
  }
}
