import { warningIsError, warningIsSilenced, type WarnErrorOptions } from "#engine/index.ts";
import { dbtErrors } from "./errors.ts";

/** Which warnings end the command: `--warn-error`, `--warn-error-options`. */
export class WarnErrors {
  readonly #options: WarnErrorOptions;

  constructor(options: WarnErrorOptions & { all: boolean }) {
    this.#options = options.all ? { ...options, error: "all" } : options;
  }

  silences(name: string, code?: string): boolean {
    return warningIsSilenced(this.#options, name, code);
  }

  /** Throws when a warning of this name is to be an error. */
  check(name: string, text: string, code?: string): void {
    if (!warningIsError(this.#options, name, code)) return;
    throw dbtErrors.warning({
      message: text,
      hint: "Remove the cause, or leave out --warn-error.",
      data: { dbtType: "Compilation Error", warning: name },
    });
  }
}
