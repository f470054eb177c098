import { catalogue, type LabsError, isLabsError } from "#errors/index.ts";

const doc = (text: string) => ({ exit: 1 as const, doc: text });

/** Everything that can go wrong while a template is read or rendered, under the name Python would give it. */
export const errors = catalogue("jinja", {
  TemplateSyntaxError: {
    code: "JIN-001",
    title: "Template syntax error",
    ...doc(
      "The template cannot be parsed: an unclosed tag, an unknown tag, an unexpected character. Fix the text at the place shown.",
    ),
  },
  UndefinedError: {
    code: "JIN-002",
    title: "Undefined value used",
    ...doc(
      "A name or attribute that does not exist was called, or its attributes were read. Check the spelling, or guard it with `is defined` or `default`.",
    ),
  },
  TypeError: {
    code: "JIN-003",
    title: "Wrong type of value",
    ...doc("An operation, function or macro got a value it cannot work with, or the wrong arguments."),
  },
  ValueError: {
    code: "JIN-004",
    title: "Wrong value",
    ...doc("The type is right but the value is not, for example text that is no number."),
  },
  ZeroDivisionError: { code: "JIN-005", title: "Division by zero", ...doc("A division or modulo by zero.") },
  SecurityError: {
    code: "JIN-006",
    title: "Not allowed in templates",
    ...doc("Templates run in a sandbox: names that begin with an underscore cannot be used on objects."),
  },
  IndexError: { code: "JIN-007", title: "Index out of range", ...doc("A position outside of the list or text.") },
  KeyError: { code: "JIN-008", title: "Key not found", ...doc("A dictionary has no such key.") },
  TemplateAssertionError: {
    code: "JIN-009",
    title: "Unknown filter or test",
    ...doc("The template uses a filter or test that does not exist, or breaks another rule known before rendering."),
  },
  AttributeError: { code: "JIN-010", title: "Attribute not found", ...doc("An object has no such attribute.") },
  OverflowError: { code: "JIN-011", title: "Number too large", ...doc("A result is larger than can be represented.") },
  TemplateRuntimeError: {
    code: "JIN-012",
    title: "Template cannot go on",
    ...doc("A filter, test or loop was used in a way that it does not support."),
  },
  TemplateNotFound: {
    code: "JIN-013",
    title: "Templates cannot load other templates",
    ...doc("`include`, `import`, `from` and `extends` do not work here: use macros, which are found by name."),
  },
  BlockError: {
    code: "JIN-014",
    title: "Blocks of a file are not well formed",
    ...doc(
      "A file of macros, tests, snapshots or docs has a block that is not closed, is nested in another one, or stands inside if or for.",
    ),
  },
  InvalidOperation: {
    code: "JIN-015",
    title: "Invalid decimal operation",
    ...doc("Decimal arithmetic without a result, for example text that is no number."),
  },
  AssertionError: {
    code: "JIN-016",
    title: "Assertion failed",
    ...doc("An argument is outside of the allowed range."),
  },
  RecursionError: {
    code: "JIN-017",
    title: "Macros call each other without end",
    ...doc("The calls are nested too deeply: look at the stack for macros that call themselves."),
  },
  MacroReturnOutsideMacro: {
    code: "JIN-018",
    title: "return() outside of a macro",
    ...doc("`return()` ends a macro and works nowhere else."),
  },
  StopIteration: { code: "JIN-019", title: "Iterator is exhausted", ...doc("`next` was called after the last item.") },
  JinjaRenderingError: {
    code: "JIN-020",
    title: "Value cannot be converted",
    ...doc("`as_bool` or `as_number` got a text that is none."),
  },
});

export type PythonError = keyof typeof errors;
export type JinjaError = LabsError;

/** An error as Python would raise it; its place is attached where the template's call is known. */
export function pyError(type: PythonError, message: string, hint?: string): LabsError {
  return errors[type]({ message, data: { python: type }, ...(hint === undefined ? {} : { hint }) });
}

export const typeError = (message: string): LabsError => pyError("TypeError", message);
export const valueError = (message: string): LabsError => pyError("ValueError", message);

/** The Python name of an error's type (`TypeError`), for our own errors; undefined for others. */
export function pythonType(error: unknown): PythonError | undefined {
  const name = isLabsError(error) ? error.data?.python : undefined;
  return typeof name === "string" ? (name as PythonError) : undefined;
}

/** Whether JavaScript's stack is full. Itself it needs next to none. */
export const isOverflow = (error: unknown): boolean =>
  (error instanceof RangeError && error.message.includes("call stack")) ||
  (error instanceof SyntaxError && error.message.endsWith("Stack overflow"));

/** The stack overflow of JavaScript is Python's RecursionError; plain TypeErrors come from `PyObject.call`. */
export function fromHostError(error: unknown): unknown {
  if (isLabsError(error)) return error;
  if (isOverflow(error)) return pyError("RecursionError", "maximum recursion depth exceeded");
  // A text or list that would be too long for JavaScript.
  return error instanceof RangeError ? pyError("OverflowError", error.message) : error;
}
