import { dbtErrors } from "./errors.ts";

/** Which warnings end the command: `--warn-error`, `--warn-error-options`. */
export class WarnErrors {
  readonly #error: unknown;
  readonly #warn: Set<string>;
  readonly #silence: Set<string>;

  constructor(options: { all: boolean; error: unknown; warn: unknown; silence: unknown }) {
    this.#error = options.all ? "all" : options.error;
    this.#warn = names(options.warn);
    this.#silence = names(options.silence);
  }

  silences(name: string): boolean {
    return this.#silence.has(name);
  }

  /** Throws when a warning of this name is to be an error. */
  check(name: string, text: string): void {
    if (this.#warn.has(name)) return;
    const all = this.#error === "all" || this.#error === "*";
    const isDeprecation = name.endsWith("Deprecation");
    const listed = names(this.#error);
    if (!all && !listed.has(name) && !(isDeprecation && listed.has("Deprecations"))) return;
    throw dbtErrors.warning({
      message: text,
      hint: "Remove the cause, or leave out --warn-error.",
      data: { dbtType: "Compilation Error", warning: name },
    });
  }
}

const names = (value: unknown): Set<string> => new Set(Array.isArray(value) ? value.map(String) : []);
