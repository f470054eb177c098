import { itemOf } from "../attributes.ts";
import { str, textOf } from "../operations.ts";
import { PyMarkup } from "../markup.ts";
import type { Run } from "../runtime.ts";
import { Undefined } from "../undefined.ts";
import { PyText, type Value } from "../value.ts";

/** `soft_str`: text stays as it is, Markup included; everything else becomes text. */
export const softText = (value: Value): string => (value instanceof PyText ? value.text : str(value));

/** Text made of a value that may be Markup, as Markup again. */
export const likeText = (value: Value, text: string): Value => (value instanceof PyMarkup ? new PyMarkup(text) : text);

export function ignoreCase(value: Value): Value {
  const text = textOf(value);
  return text === undefined ? value : likeText(value, text.toLowerCase());
}

type Getter = (item: Value) => Value;

function pathParts(attribute: Value): Value[] {
  if (attribute === null) return [];
  const text = textOf(attribute);
  if (text === undefined) return [attribute];
  return text.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** Reads `"address.city"` or `0` of an item; `fallback` replaces what is undefined on the way. */
export function attributeGetter(run: Run, attribute: Value, after?: Getter, fallback: Value = null): Getter {
  const parts = pathParts(attribute);
  return (item) => {
    let value = item;
    for (const part of parts) {
      value = itemOf(run, value, part);
      if (fallback !== null && value instanceof Undefined) value = fallback;
    }
    return after ? after(value) : value;
  };
}

/** Reads several attributes separated by commas, as a list. */
export function multiGetter(run: Run, attribute: Value, after?: Getter): Getter {
  const text = textOf(attribute);
  const getters = (text === undefined ? [attribute] : text.split(",")).map((part) => attributeGetter(run, part, after));
  return (item) => getters.map((get) => get(item));
}
