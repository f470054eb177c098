import type { ServerContext } from "./context.ts";
import { incidentsFor } from "./look/incidents.ts";
import type { Scope } from "./scope.ts";

const escaped = (text: string) => text.replace(/[\\"\n]/g, (char) => (char === "\n" ? "\\n" : `\\${char}`));

/** Metrics of the labs that somebody may see, as Prometheus reads them. */
export async function metricsOf(context: ServerContext, scope: Scope): Promise<string> {
  const rows = (await context.rows.all()).filter(({ name }) => scope.sees(name));
  const jobs = await context.ledger.jobs.jobs({
    states: ["queued", "running"],
    limit: 1000,
    ...(scope.names && { lab: scope.names }),
  });
  const { incidents } = await incidentsFor(context.ledger, scope, "open", 1000);
  const lines: string[] = [];
  const gauge = (name: string, help: string, values: [labels: Record<string, string>, value: number | null][]) => {
    lines.push(`# HELP labs_${name} ${help}`, `# TYPE labs_${name} gauge`);
    for (const [labels, value] of values) {
      if (value === null) continue;
      const text = Object.entries(labels).map(([key, of]) => `${key}="${escaped(of)}"`);
      lines.push(`labs_${name}${text.length > 0 ? `{${text.join(",")}}` : ""} ${value}`);
    }
  };
  const each = (value: (row: (typeof rows)[number]) => number | null) =>
    rows.map((row): [Record<string, string>, number | null] => [{ lab: row.name }, value(row)]);
  const seconds = (iso: string | null | undefined) => (iso ? Date.parse(iso) / 1000 : null);
  gauge(
    "lab_up",
    "1 when the last run of the lab was ok.",
    each((row) => (row.lastRun ? Number(row.lastRun.status === "ok") : null)),
  );
  gauge(
    "lab_running",
    "1 while the lab runs.",
    each((row) => Number(row.state === "running")),
  );
  gauge(
    "lab_score",
    "Data quality score, 0 to 100.",
    each((row) => row.score),
  );
  gauge(
    "lab_failing_tests",
    "Tests that failed in the last run.",
    each((row) => row.failingTests),
  );
  gauge(
    "lab_quarantined_rows",
    "Rows that the last load put into quarantine.",
    each((row) => row.quarantined),
  );
  gauge(
    "lab_published_rows",
    "Rows of all published tables.",
    each((row) => row.rows),
  );
  gauge(
    "lab_published_timestamp_seconds",
    "When readers last got new data.",
    each((row) => seconds(row.publishedAt)),
  );
  gauge(
    "lab_last_run_timestamp_seconds",
    "When the last run began.",
    each((row) => seconds(row.lastRun?.startedAt)),
  );
  gauge(
    "lab_last_run_seconds",
    "How long the last run took.",
    each((row) => row.lastRun?.seconds ?? null),
  );
  gauge(
    "lab_next_run_timestamp_seconds",
    "When the schedule runs it next.",
    each((row) => seconds(row.nextRun)),
  );
  gauge(
    "lab_paused",
    "1 while schedules do not run it.",
    each((row) => Number(row.paused !== null)),
  );
  gauge("jobs", "Jobs of the queue by state.", [
    [{ state: "queued" }, jobs.filter(({ state }) => state === "queued").length],
    [{ state: "running" }, jobs.filter(({ state }) => state === "running").length],
  ]);
  gauge("incidents_open", "Open incidents.", [[{}, incidents.length]]);
  gauge("event_listeners", "Clients of the event stream.", [[{}, context.hub.listeners]]);
  return `${lines.join("\n")}\n`;
}
