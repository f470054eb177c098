import { bindArguments } from "../arguments.ts";
import { htmlSafeJson } from "../json.ts";
import { PyMarkup } from "../markup.ts";
import { indexNumber } from "../numbers.ts";
import { pprint } from "../pprint.ts";
import { filters, type FilterFunction } from "../registry.ts";
import type { Value } from "../value.ts";
import { numberFilters } from "./numbers.ts";
import { sequenceFilters } from "./sequences.ts";
import { textFilters } from "./text.ts";

const tojson: FilterFunction = (value, args, kwargs) => {
  const [v, indent = null] = bindArguments("do_tojson", ["value", "indent?"], [value, ...args], kwargs);
  return new PyMarkup(htmlSafeJson(v as Value, indent === null ? null : (indexNumber(indent) ?? null)));
};

Object.assign(filters, textFilters, numberFilters, sequenceFilters, {
  tojson,
  pprint: (value: Value) => pprint(value),
});

/** Filters that read the context, which Jinja therefore never folds into constants. */
export const contextFilters: ReadonlySet<string> = new Set([
  "map",
  "random",
  "reject",
  "rejectattr",
  "select",
  "selectattr",
]);

export { filters, type FilterFunction };
