import type { Ledger } from "#ledger/index.ts";

const mostKept = 200;
/** What is worked out when reading, as that a process is gone, shows this much later at most. */
const freshMs = 1_000;

/** Answers in bytes that hold until anybody commits to the ledger: many pages ask for the same lists at the same time. */
export class Answers {
  readonly #ledger: Ledger;
  readonly #kept = new Map<string, Promise<Buffer>>();
  #version = "";
  #since = Number.NEGATIVE_INFINITY;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** `key` says everything that the answer depends on, who may see what included. */
  async of(key: string, make: () => Promise<unknown>): Promise<Buffer> {
    const version = await this.#ledger.version();
    const now = performance.now();
    if (version !== this.#version || now - this.#since > freshMs) {
      this.#kept.clear();
      this.#version = version;
      this.#since = now;
    }
    let answer = this.#kept.get(key);
    if (answer === undefined) {
      answer = make().then((value) => Buffer.from(JSON.stringify(value)));
      if (this.#kept.size < mostKept) this.#kept.set(key, answer);
      answer.catch(() => this.#kept.delete(key));
    }
    return answer;
  }
}
