import type { Run } from "./runtime.ts";
import type { Kwargs, MaybePromise, Value } from "./value.ts";

export type FilterFunction = (value: Value, args: Value[], kwargs: Kwargs, run: Run) => MaybePromise<Value>;
export type TestFunction = (value: Value, args: Value[], kwargs: Kwargs, run: Run) => boolean;

/** Filled by `filters/index.ts` and `tests.ts`; here so that the two can ask for each other by name. */
export const filters: Record<string, FilterFunction> = {};
export const tests: Record<string, TestFunction> = {};

export const filterNamed = (name: string): FilterFunction | undefined =>
  Object.hasOwn(filters, name) ? filters[name] : undefined;
export const testNamed = (name: string): TestFunction | undefined =>
  Object.hasOwn(tests, name) ? tests[name] : undefined;
