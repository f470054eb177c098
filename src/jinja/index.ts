/**
 * Jinja2 as dbt uses it: templates are parsed, compiled to closures and rendered with Python's values.
 * Knows nothing of dbt's functions; the host passes them in as a {@link Scope}.
 */
export * from "./value.ts";
export { bindArguments } from "./arguments.ts";
export { absolute, binary, unary } from "./arithmetic.ts";
export { attributeOf, itemOf, rawAttribute } from "./attributes.ts";
export { PyBytes } from "./bytes.ts";
export { PyDict } from "./dict.ts";
export { errors as jinjaErrors, pyError, pythonType, type JinjaError, type PythonError } from "./errors.ts";
export { format as pyFormat } from "./format-spec.ts";
export { BoundMethod, PyFunction, PyNamespace, PyType } from "./function.ts";
export { globals, Namespace } from "./globals.ts";
export { jsonDumps, jsonLoads, type JsonOptions } from "./json.ts";
export { parseLiteral } from "./literal.ts";
export { bindMacro, BoundMacro, lazyMacro, macroPrefix, makeReturn, parseMacros } from "./macros.ts";
export type { MacroDefinition, MacroHooks, MacroParam } from "./macros.ts";
export { escape, PyMarkup } from "./markup.ts";
export { nativeConcat } from "./native.ts";
export { int, PyFloat, reprFloat } from "./numbers.ts";
export {
  compare,
  contains,
  equals,
  hashKey,
  isCallable,
  isIterable,
  iterate,
  length,
  repr,
  sortBy,
  str,
  textOf,
  toArray,
  truthy,
  typeName,
} from "./operations.ts";
export { formatPercent } from "./percent.ts";
export { fromPlain, toPlain } from "./plain.ts";
export { MacroReturn, type Scope, type UndefinedMode } from "./runtime.ts";
export { PyIterator, PyRange, PySlice, PyTuple, PyView } from "./sequences.ts";
export { PySet } from "./set.ts";
export {
  hasJinja,
  parseTemplate,
  renderPlain,
  Template,
  type RenderOptions,
  type TemplateOptions,
} from "./template.ts";
export { spaceRun, strip } from "./text.ts";
export { ChainableUndefined, Undefined } from "./undefined.ts";
export { extractBlocks, type Block, type ExtractOptions } from "./blocks.ts";
export {
  findMacroCalls,
  literalValue,
  mentions,
  printedCalls,
  sourceOf,
  staticCalls,
  staticDispatches,
  type StaticCall,
  type StaticDispatch,
} from "./static.ts";
export { asDecimal, decimalType, PyDecimal } from "./modules/decimal.ts";
export { datetimeModule, modules } from "./modules/index.ts";
export { PyDate, PyDateTime, PyTime } from "./modules/moment.ts";
export { PyMatch, PyPattern } from "./modules/regex.ts";
export { PyTimedelta } from "./modules/timedelta.ts";
export { FixedZone, PyTzinfo, timezoneType, utcZone } from "./modules/tzinfo.ts";
export { timezone } from "./modules/pytz.ts";
