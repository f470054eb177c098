import { str, typeName, type Value } from "#jinja/index.ts";
import { adapterError } from "./errors.ts";
import { AgateTable } from "./table.ts";

export interface Threshold {
  count?: number | null;
  period?: string | null;
}

/** How old a source's newest data is. Instants are ISO 8601 in UTC with microseconds: `2024-01-02T03:04:05.000000Z`. */
export interface Freshness {
  maxLoadedAt: string;
  snapshottedAt: string;
  /** Seconds. */
  age: number;
}

/** What the macro `collect_freshness` returned: one row with the newest load and the time now. Errors: DBA-001, DBA-002. */
export function readFreshness(table: Value, macro = "collect_freshness"): Freshness {
  const row = table instanceof AgateTable && table.rowCount === 1 ? table.source.values(0) : [];
  if (row.length !== 2) {
    const rows = table instanceof AgateTable ? table.rows.items().map(str).join(", ") : str(table);
    throw adapterError("compilation", {
      message: `Got an invalid result from "${macro}" macro: [${rows}]`,
      hint: "The macro must select one row with two timestamps: max_loaded_at and snapshotted_at.",
    });
  }
  const [loaded = null, now = null] = row;
  // nothing loaded yet counts as infinitely long ago
  const from = loaded === null ? beginning : instant(loaded, "last_modified");
  if (now === null) {
    throw adapterError(
      "database",
      "Expected a non-null value when querying field 'snapshotted_at' of table  None but received value 'null' instead",
    );
  }
  const to = instant(now, "snapshotted_at");
  return { maxLoadedAt: isoText(from), snapshottedAt: isoText(to), age: Number(to - from) / 1e6 };
}

const pattern =
  /^(\d{4})-(\d{2})-(\d{2})(?: (\d{2}):(\d{2}):(\d{2})(?:\.(\d{6}))?(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?)?$/;

/** Microseconds since 1970 of a Python datetime; without a time zone it is taken for UTC. */
function instant(value: Value, field: string): bigint {
  const m = typeof value === "object" && value !== null ? pattern.exec(str(value)) : null;
  if (m === null || m[4] === undefined) {
    const type = m === null ? typeName(value) : "date";
    throw adapterError("database", {
      message: `Expected a timestamp value when querying field '${field}' of table None but received value of type '${type}' instead`,
      hint: "Cast loaded_at_field to a timestamp.",
    });
  }
  const at = new Date(0);
  at.setUTCFullYear(Number(m[1]), Number(m[2]) - 1, Number(m[3]));
  at.setUTCHours(Number(m[4]), Number(m[5]), Number(m[6]));
  const offset = (Number(m[9] ?? 0) * 3600 + Number(m[10] ?? 0) * 60 + Number(m[11] ?? 0)) * (m[8] === "-" ? -1 : 1);
  return BigInt(at.getTime() - offset * 1000) * 1000n + BigInt(m[7] ?? 0);
}

const beginning = -62_135_596_800_000_000n; // 0001-01-01

/** As Python's isoformat writes an aware moment: no fraction when there is none. */
function isoText(micros: bigint): string {
  const millis = micros / 1000n - (micros % 1000n < 0n ? 1n : 0n);
  const rest = Number(micros - millis * 1000n);
  const text = `${new Date(Number(millis)).toISOString().slice(0, -1)}${String(rest).padStart(3, "0")}`;
  return `${text.replace(/\.000000$/, "")}+00:00`;
}

const secondsIn: Record<string, number> = { minute: 60, hour: 3600, day: 86_400 };

const exceeded = (threshold: Threshold | null | undefined, age: number): boolean => {
  const { count, period } = threshold ?? {};
  return count != null && period != null && age > count * (secondsIn[period] ?? Number.POSITIVE_INFINITY);
};

/** dbt's verdict over a source: `error` wins over `warn`. */
export function freshnessStatus(
  age: number,
  thresholds: { warn_after?: Threshold | null; error_after?: Threshold | null },
): "pass" | "warn" | "error" {
  if (exceeded(thresholds.error_after, age)) return "error";
  return exceeded(thresholds.warn_after, age) ? "warn" : "pass";
}
