import { ingestErrors } from "../errors.ts";
import type { SourceConfig } from "#registry/index.ts";

const hidden = "***";

/** Shorter values are hidden in messages only: in data they would be found by chance. */
const leastInData = 8;

/**
 * The values of environment variables that a poll may use, and the only way to them. Everything that a poll says to anybody
 * goes through {@link redact}.
 */
export class Secrets {
  readonly #env: NodeJS.ProcessEnv;
  readonly #values = new Set<string>();

  constructor(env: NodeJS.ProcessEnv = process.env) {
    this.#env = env;
  }

  /** Value of a variable, remembered as a secret. Errors: ING-040. */
  need(name: string, source: SourceConfig, place = source.place): string {
    // Files and shells leave a line end behind, which no header could carry.
    const value = this.#env[name]?.trim();
    if (value === undefined || value === "") throw missingVariable(name, source, place);
    this.remember(value);
    return value;
  }

  /** What has to be hidden from now on, such as a token that was fetched. */
  remember(value: string): void {
    if (value === "") return;
    const encoded = [value, encodeURIComponent(value), new URLSearchParams({ v: value }).toString().slice(2)];
    for (const form of [...encoded, JSON.stringify(value).slice(1, -1), Buffer.from(value).toString("base64")]) {
      this.#values.add(form);
    }
  }

  /** A text for people, logs and the ledger. */
  redact(text: string): string {
    // The longest first: one secret may contain another.
    const values = [...this.#values].sort((a, b) => b.length - a.length);
    return values.reduce((out, value) => out.replaceAll(value, hidden), text);
  }

  /** Text of an answer: a server that repeats our secret must not bring it into the database. */
  redactData(text: string): string {
    for (const value of this.#values) {
      // Digits alone are a number somewhere.
      if (value.length >= leastInData && /[^0-9.eE+-]/.test(value) && text.includes(value))
        text = text.replaceAll(value, hidden);
    }
    return text;
  }
}

/** ING-040. */
export function missingVariable(name: string, source: SourceConfig, place = source.place) {
  return ingestErrors.variableMissing({
    message: `The source ${source.name} needs the environment variable ${name}, which is not set.`,
    place,
    hint: `\`export ${name}=…\` before the run, or put it where your scheduler takes its environment from.`,
    data: { variable: name },
  });
}
