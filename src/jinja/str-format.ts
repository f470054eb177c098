import { pyError, typeError, valueError } from "./errors.ts";
import { format } from "./format-spec.ts";
import { escape } from "./markup.ts";
import { repr, str } from "./operations.ts";
import { asciiText } from "./text.ts";
import { PyObject, type Kwargs, type Value } from "./value.ts";

/** How a field such as `{user.name[0]}` reads attributes and items: with the sandbox's rules. */
export interface FieldAccess {
  attribute(obj: Value, name: string): Value;
  item(obj: Value, key: Value): Value;
}

/** The arguments of `str.format`; of `format_map`, `named` is any mapping. */
export interface FormatArguments {
  positional: readonly Value[];
  named: Kwargs | PyObject;
}

/** `template.format(...)`. With `safe`, fields are HTML escaped (for Markup). */
export function formatTemplate(template: string, args: FormatArguments, access: FieldAccess, safe = false): string {
  const numbering = { next: 0 as number | undefined, manual: false };
  return fill(template, args, access, numbering, 2, safe);
}

function fill(
  template: string,
  args: FormatArguments,
  access: FieldAccess,
  numbering: { next: number | undefined; manual: boolean },
  depth: number,
  safe: boolean,
): string {
  if (depth < 0) throw valueError("Max string recursion exceeded");
  let out = "";
  let at = 0;
  while (at < template.length) {
    const ch = template[at] as string;
    if (ch === "}") {
      if (template[at + 1] !== "}") throw valueError("Single '}' encountered in format string");
      out += "}";
      at += 2;
    } else if (ch === "{") {
      if (template[at + 1] === "{") {
        out += "{";
        at += 2;
        continue;
      }
      const end = fieldEnd(template, at);
      const field = splitField(template.slice(at + 1, end));
      let value = fieldValue(field.name, args, access, numbering);
      if (field.conversion === "r") value = repr(value);
      else if (field.conversion === "a") value = asciiText(repr(value));
      else if (field.conversion === "s") value = str(value);
      else if (field.conversion !== "") throw valueError(`Unknown conversion specifier ${field.conversion}`);
      const spec =
        field.spec.includes("{") || field.spec.includes("}")
          ? fill(field.spec, args, access, numbering, depth - 1, false)
          : field.spec;
      const text = format(value, spec);
      out += safe ? escape(spec === "" ? value : text).text : text;
      at = end + 1;
    } else {
      const stop = template.slice(at).search(/[{}]/);
      out += stop < 0 ? template.slice(at) : template.slice(at, at + stop);
      at = stop < 0 ? template.length : at + stop;
    }
  }
  return out;
}

function fieldEnd(template: string, open: number): number {
  let depth = 1;
  if (open + 1 >= template.length) throw valueError("Single '{' encountered in format string");
  for (let i = open + 1; i < template.length; i++) {
    if (template[i] === "{") depth++;
    else if (template[i] === "}" && --depth === 0) return i;
    else if (template[i] === "[" && depth === 1) {
      const close = template.indexOf("]", i);
      const colon = template.slice(open, i).includes(":");
      if (close > 0 && !colon) i = close;
    }
  }
  throw valueError("expected '}' before end of string");
}

function splitField(text: string): { name: string; conversion: string; spec: string } {
  const m = /^((?:\[[^\]]*\]|[^[!:])*)(?:!([\s\S])?(?=:|$))?(?::([\s\S]*))?$/.exec(text);
  if (!m) {
    if (/!/.test(text)) throw valueError("expected ':' after conversion specifier");
    throw valueError("Missing ']' in format string");
  }
  if (/![^:]*$/.test(text) && m[2] === undefined && m[3] === undefined && text.endsWith("!")) {
    throw valueError("end of string while looking for conversion specifier");
  }
  return { name: m[1] ?? "", conversion: m[2] ?? "", spec: m[3] ?? "" };
}

function fieldValue(
  name: string,
  args: FormatArguments,
  access: FieldAccess,
  numbering: { next: number | undefined; manual: boolean },
): Value {
  const m = /^([^.[]*)([\s\S]*)$/.exec(name) as RegExpExecArray;
  let first = m[1] ?? "";
  if (first === "") {
    if (numbering.manual)
      throw valueError("cannot switch from manual field specification to automatic field numbering");
    first = String(numbering.next);
    numbering.next = (numbering.next ?? 0) + 1;
  } else if (/^\d+$/.test(first)) {
    if ((numbering.next ?? 0) > 0) {
      throw valueError("cannot switch from manual field specification to automatic field numbering");
    }
    numbering.manual = true;
  }
  let value: Value | undefined;
  if (/^\d+$/.test(first)) {
    value = args.positional[Number(first)];
    if (value === undefined) throw pyError("IndexError", "tuple index out of range");
  } else {
    value = args.named instanceof PyObject ? args.named.getItem(first) : args.named.get(first);
    if (value === undefined) throw pyError("KeyError", repr(first));
  }
  let rest = m[2] ?? "";
  while (rest !== "") {
    const attr = /^\.([^.[]+)/.exec(rest);
    const item = attr ? null : /^\[([^\]]+)\]/.exec(rest);
    if (attr) value = access.attribute(value, attr[1] as string);
    else if (item) value = access.item(value, /^\d+$/.test(item[1] as string) ? Number(item[1]) : (item[1] as string));
    else if (rest.startsWith("[]") || rest.startsWith(".")) throw valueError("Empty attribute in format string");
    else if (rest.startsWith("[")) throw valueError("Missing ']' in format string");
    else throw valueError("Only '.' or '[' may follow ']' in format field specifier");
    rest = rest.slice((attr ?? (item as RegExpExecArray))[0].length);
  }
  return value;
}

export const noFormatKeywords = () => typeError("format_map() takes no keyword arguments");
