import type { Ledger, RecordedProfile, ScoreInfo } from "#ledger/index.ts";
import { columnDrift, type ScoreDetail, unpackFigures } from "#quality/index.ts";
import type { ShownDrift, ShownScore } from "./table-report.ts";

/** The scores that a lab's last scored run recorded, with their history. */
export class RecordedScores {
  readonly #scores: ScoreInfo[];
  readonly #lastRun: string | undefined;
  readonly #profiles: RecordedProfile[];

  constructor(newestFirst: ScoreInfo[], profiles: RecordedProfile[] = []) {
    this.#scores = newestFirst;
    this.#profiles = profiles;
    this.#lastRun = newestFirst[0]?.run;
  }

  static async read(ledger: Ledger, lab: string): Promise<RecordedScores> {
    return new RecordedScores(await ledger.scoresHistory({ lab, limit: 20 }), await ledger.tableProfiles(lab));
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
      rows: all.map((score) => score.rows).reverse(),
      ...(scope === "table" && { drift: this.#drift(wanted) }),
    };
  }

  /** How the columns of a table changed when they last did; null when no run saw anything else than the first one. */
  #drift(table: string): ShownDrift | null {
    const [newest, before] = this.#profiles.filter(({ name }) => name.toLowerCase() === table);
    const [now, then] = [unpackFigures(newest?.data), unpackFigures(before?.data)];
    if (!newest || !before || !now || !then) return null;
    return {
      run: { id: newest.run, time: newest.time },
      before: { id: before.run, time: before.time },
      columns: columnDrift(then, now),
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
