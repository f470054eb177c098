import { qualifiedName, quoteLiteral } from "#duck/index.ts";
import type { LoadTotals, SourceFacts } from "#ingest/index.ts";
import { type FreshnessOutcome, lateness, type LoadOutcome } from "#quality/index.ts";
import { cronOf, type Lab, milliseconds, type ScheduleConfig } from "#registry/index.ts";

const day = 86_400_000;

/**
 * How often new data of a lab is expected, in milliseconds, and who says so: `quality.freshness.every`, else the lab's
 * schedule. A schedule that looks more often than once a day says nothing about how often files come: then a day.
 * Undefined without either.
 */
export function expectedInterval(
  lab: Pick<Lab, "config">,
  now: Date,
): { ms: number; from: "freshness" | "schedule" } | undefined {
  const { quality, schedule } = lab.config;
  if (quality.freshness?.every !== undefined) return { ms: milliseconds(quality.freshness.every), from: "freshness" };
  const ms = schedule && scheduleInterval(schedule, now);
  return ms === undefined ? undefined : { ms: Math.max(day, ms), from: "schedule" };
}

/** The longest time between two runs of a schedule: its interval, or the longest gap of its cron times over five weeks, of four at least. */
function scheduleInterval(schedule: ScheduleConfig, now: Date): number | undefined {
  if (schedule.every !== undefined) return milliseconds(schedule.every);
  if (schedule.cron === undefined) return undefined;
  const end = now.getTime() + 35 * day;
  const times = [schedule.cron]
    .flat()
    .flatMap((pattern) => {
      // In the machine's own time: gaps are the same everywhere, but for an hour when clocks change, and to load a zone
      // takes longer than all else here.
      const cron = cronOf(pattern);
      const found: number[] = [];
      for (let at = cron.nextRun(now); at && (found.length < 4 || at.getTime() <= end); at = cron.nextRun(at)) {
        found.push(at.getTime());
        // More often than this no gap can be a day long.
        if (found.length > 5000) break;
      }
      return found;
    })
    .sort((a, b) => a - b);
  const gaps = times.slice(1).map((time, i) => time - (times[i] ?? time));
  return gaps.length === 0 ? undefined : Math.max(...gaps);
}

/** How long ago the sources of a lab were delivered, against the interval at which new data is expected. */
export function deliveryFreshness(
  sources: readonly SourceFacts[],
  interval: { ms: number; from: "freshness" | "schedule" } | undefined,
  now: number,
): FreshnessOutcome[] {
  if (!interval) return [];
  const maxAgeSeconds = (interval.ms * lateness) / 1000;
  const asked = interval.from === "schedule" ? "by its schedule" : "by lab.yml";
  return sources.map(({ source, table, deliveredAt }) => {
    const age = deliveredAt === null ? null : Math.max(0, (now - deliveredAt) / 1000);
    return {
      table,
      status: age !== null && age <= maxAgeSeconds ? "pass" : "error",
      text:
        deliveredAt === null
          ? `nothing of the source ${source} was ever delivered`
          : `source ${source} was last delivered ${new Date(deliveredAt).toISOString()}, ${asked} new data is due every ${inWords(interval.ms)}`,
      ageSeconds: age,
      maxAgeSeconds,
      query: `SELECT max(loaded_at) FROM _labs.loads WHERE table_name = ${quoteLiteral(table.slice("raw.".length))} AND outcome = 'loaded' AND rows_read > 0`,
    };
  });
}

/** Totals of loads with the departures from the contract that are open. */
export function withDrift(totals: readonly LoadTotals[], sources: readonly SourceFacts[]): LoadOutcome[] {
  const known = new Map(sources.map((source) => [source.table, source]));
  return totals.map((total) => {
    const { source, departures } = known.get(total.table) ?? {};
    const name = total.table.slice("raw.".length);
    return {
      ...total,
      query: `SELECT * FROM ${qualifiedName("quarantine", name)}`,
      ...(departures && {
        drift: departures,
        driftQuery: `SELECT version, reason, contract FROM _labs.contracts WHERE source = ${quoteLiteral(source ?? name)} ORDER BY version`,
      }),
    };
  });
}

function inWords(ms: number): string {
  const [amount, unit] =
    ms % day === 0 ? [ms / day, "day"] : ms % 3_600_000 === 0 ? [ms / 3_600_000, "hour"] : [ms / 60_000, "minute"];
  return amount === 1 ? unit : `${amount} ${unit}s`;
}
