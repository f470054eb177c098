import type { Ledger, ScoreInfo } from "#ledger/index.ts";
import type { ScoreDetail } from "#quality/index.ts";
import type { ShownScore } from "./table-report.ts";

/** The scores that a lab's last scored run recorded, with their history. */
export class RecordedScores {
  readonly #scores: ScoreInfo[];
  readonly #lastRun: string | undefined;

  constructor(newestFirst: ScoreInfo[]) {
    this.#scores = newestFirst;
    this.#lastRun = newestFirst[0]?.run;
  }

  static async read(ledger: Ledger, lab: string): Promise<RecordedScores> {
    return new RecordedScores(await ledger.scoresHistory({ lab, limit: 20 }));
  }

  get empty(): boolean {
    return this.#lastRun === undefined;
  }

  /** Undefined for what the last scored run did not score. Names are compared without regard to case. */
  find(scope: ScoreInfo["scope"], name: string): ShownScore | undefined {
    const wanted = name.toLowerCase();
    const all = this.#scores.filter((score) => score.scope === scope && score.name.toLowerCase() === wanted);
    const [last] = all;
    if (last === undefined || last.run !== this.#lastRun) return undefined;
    const detail = last.parts as ScoreDetail | null;
    return {
      score: last.score,
      parts: detail?.parts ?? [],
      notCounted: detail?.notCounted ?? [],
      ...(detail?.keys && { keys: detail.keys }),
      run: { id: last.run, time: last.time },
      history: all.map((score) => score.score).reverse(),
      rows: scope === "table" ? all.map((score) => score.rows).reverse() : [],
    };
  }

  /** Keys that the last scored run found for its tables, by `schema.table`: they come from tests too. */
  keys(): Record<string, string[][]> {
    const last = this.#scores.filter((score) => score.scope === "table" && score.run === this.#lastRun);
    return Object.fromEntries(
      last.flatMap((score) => {
        const keys = (score.parts as ScoreDetail | null)?.keys ?? [];
        return keys.length === 0 ? [] : [[score.name.toLowerCase(), keys.map((key) => key.columns)]];
      }),
    );
  }
}
