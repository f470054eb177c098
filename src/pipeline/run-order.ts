import { dependenciesOf, type Lab } from "#registry/index.ts";

/** Hands out labs in their order, each after those among them that it reads or runs after. */
export class RunOrder {
  readonly #waiting: { lab: Lab; after: string[] }[];
  readonly #unfinished: Set<string>;
  #running = 0;
  #wake: (() => void)[] = [];

  constructor(labs: readonly Lab[]) {
    this.#waiting = labs.map((lab) => ({ lab, after: dependenciesOf(lab) }));
    this.#unfinished = new Set(labs.map(({ name }) => name));
  }

  /** The next lab, as soon as one may start; undefined when all have been handed out. */
  async next(): Promise<Lab | undefined> {
    while (this.#waiting.length > 0) {
      const ready = this.#waiting.findIndex(({ after }) => !after.some((name) => this.#unfinished.has(name)));
      // Labs in a circle are refused by their own runs.
      const index = ready === -1 && this.#running === 0 ? 0 : ready;
      const [next] = index === -1 ? [] : this.#waiting.splice(index, 1);
      if (next) {
        this.#running++;
        return next.lab;
      }
      await new Promise<void>((wake) => this.#wake.push(wake));
    }
    return undefined;
  }

  /** It has ended, however it did: who waits for it reads what is published then. */
  done(lab: Lab): void {
    this.#running--;
    this.#unfinished.delete(lab.name);
    for (const wake of this.#wake.splice(0)) wake();
  }
}
