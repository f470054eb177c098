import { existsSync } from "node:fs";
import type { Place } from "#errors/index.ts";
import {
  doorExpectationOf,
  type Expectation,
  expectationProblems,
  type TableExpectation,
  tableExpectationOf,
} from "./expectations.ts";
import { ownStepsProblems } from "./own-step-problems.ts";
import { type RunStep, runStepsOf } from "./own-steps.ts";
import { type ReadConfig, readOf, readsProblems } from "./reads.ts";
import { type ApiConfig, apiConfig, type StepConfig, stepConfig } from "./records-config.ts";
import { type LabAlerts, labAlertsConfig } from "./alerts-config.ts";
import { recordsProblems } from "./records-problems.ts";
import { qualityProblems } from "./quality-config.ts";
import { scheduleProblems } from "./schedule-problems.ts";
import { labSchema, type LabFile, type PublishConfig, type ScheduleConfig } from "./schemas/lab.ts";
import type { QualityConfig } from "./schemas/quality.ts";
import type { ColumnEntry, DriftPolicy, FileFormat, LoadMode, SourceEntry } from "./schemas/source.ts";
import { type Problem, validate } from "./validate.ts";
import { parseYaml, readYaml, requireValid, type YamlFile } from "./yaml-file.ts";

/** A column of a contract with its defaults filled in. */
export type DeclaredColumn = ColumnEntry & Required<Pick<ColumnEntry, "nullable">>;

/** A source with its defaults filled in. */
export interface SourceConfig {
  name: string;
  /** Table in the `raw` schema. */
  table: string;
  /** Files or patterns, relative to the lab's raw folder; none for an API or a step. */
  path: string[];
  api?: ApiConfig;
  step?: StepConfig;
  format: FileFormat;
  /** json: nested objects become columns of their own. */
  flatten?: boolean;
  /** json: path of the list of records in a document. */
  records?: string;
  /** excel: name of the sheet; undefined for the first visible one. */
  sheet?: string;
  /** Milliseconds that a file must stand still; undefined for the default. */
  settleMs?: number;
  /** What is given here is not sniffed. */
  dialect: {
    delimiter?: string;
    quote?: string;
    escape?: string;
    header?: boolean;
    /** Lines above the header that are no data. */
    skipLines?: number;
    encoding: "utf-8" | "utf-16" | "latin-1";
    nullValues?: string[];
    dateFormat?: string;
    timestampFormat?: string;
    decimalSeparator?: string;
  };
  /** The contract by column name, in the order of the file; undefined when none is declared. */
  columns?: Map<string, DeclaredColumn>;
  /** The columns come from the data, and `evolve` may widen them; a person's word stands. */
  proposed: boolean;
  key: string[];
  mode: LoadMode;
  orderBy?: string;
  drift: DriftPolicy;
  /** Most rejected rows: a count, or a share of the rows (0 to 1). */
  maxRejects?: { count: number } | { share: number };
  lineage: boolean;
  expectations: Expectation[];
  /** Where it is declared. */
  place: Place;
}

/** Files that are written with each published version. */
export interface ExportConfig {
  format: "parquet" | "csv";
  /** Relative to the lab's folder, or absolute. */
  to: string;
  place: Place;
}

/** A lab's `lab.yml` with its defaults filled in; a missing or empty file is a lab without sources. */
export interface LabConfig {
  file: string;
  exists: boolean;
  sources: SourceConfig[];
  /** Whether the contracts of first loads are written into the file. */
  contracts: "auto" | "manual";
  quality: QualityConfig;
  /** What is expected of built tables, in the order of the file. */
  expectations: TableExpectation[];
  /** `schemas`: undefined for the gold layer. */
  publish: { enabled: boolean; schemas?: string[]; keep: number; exports: ExportConfig[] };
  schedule?: ScheduleConfig;
  /** Labs whose published tables it reads. */
  reads: ReadConfig[];
  /** The stages and the lab's own steps, in the order of a run. */
  steps: RunStep[];
  /** Who is told what, where it differs from the workspace. */
  alerts: LabAlerts;
  /** Names of environment variables. */
  secrets: string[];
  /** Place of a key path, for errors of those who use the configuration. */
  place(path: (string | number)[]): Place;
}

/** The format that a file's or pattern's ending names; csv when it names none. */
export function formatOfName(path: string): FileFormat {
  const name = path.toLowerCase().replace(/\.(gz|zst)$/, "");
  if (/\.(json|jsonl|ndjson)$/.test(name)) return "json";
  if (/\.(parquet|pq)$/.test(name)) return "parquet";
  return name.endsWith(".xlsx") ? "excel" : "csv";
}

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `2 hours` → 7200000; the schema has checked the notation. */
export function milliseconds(duration: string): number {
  const [, count = "0", unit = "s"] = /^(\d+) ?([a-z]+)$/.exec(duration) ?? [];
  return Number(count) * (unitMs[unit === "ms" ? unit : (unit[0] ?? "s")] ?? 1000);
}

const list = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/**
 * Reads and checks a `lab.yml`.
 * Errors: REG-003 no YAML, REG-004 unknown key, REG-005 wrong value, REG-012 not readable; each with line and column.
 */
export function readLabConfig(file: string): LabConfig {
  if (!existsSync(file)) {
    const publish = publishConfig(null, () => ({ file }));
    return {
      file,
      exists: false,
      sources: [],
      contracts: "auto",
      quality: {},
      expectations: [],
      publish,
      reads: [],
      steps: runStepsOf([], () => ({ file })),
      alerts: labAlertsConfig(null),
      secrets: [],
      place: () => ({ file }),
    };
  }
  const yaml = readYaml(file);
  const shape = validate(yaml.data, labSchema);
  requireValid(yaml, labSchema, shape.length > 0 ? [] : meaning(yaml.data as LabFile | null));
  const data = (yaml.data ?? {}) as LabFile;
  return {
    file,
    exists: true,
    sources: (data.sources ?? []).map((entry, i) => sourceConfig(entry, yaml, i)),
    contracts: data.contracts ?? "auto",
    quality: data.quality ?? {},
    expectations: Object.entries(data.quality?.tables ?? {}).flatMap(([table, { expectations = [] }]) =>
      expectations.map((item, i) =>
        tableExpectationOf(table, item, yaml.place(["quality", "tables", table, "expectations", i])),
      ),
    ),
    publish: publishConfig(data.publish, yaml.place),
    ...(data.schedule && { schedule: data.schedule }),
    reads: (data.reads ?? []).map((entry, i) => readOf(entry, yaml.place(["reads", i]))),
    steps: runStepsOf(data.steps ?? [], (i) => yaml.place(["steps", i])),
    alerts: labAlertsConfig(data.alerts),
    secrets: data.secrets ?? [],
    place: yaml.place,
  };
}

const publishConfig = (given: PublishConfig | null | undefined, place: LabConfig["place"]): LabConfig["publish"] => ({
  enabled: given?.enabled ?? true,
  ...(given?.schemas !== undefined && { schemas: list(given.schemas) }),
  keep: given?.keep ?? 5,
  exports: (given?.exports ?? []).map((entry, i) => {
    const { format, to = `data/exports/${format}` } = typeof entry === "string" ? { format: entry } : entry;
    return { format, to, place: place(["publish", "exports", i]) };
  }),
});

/** Refuses a text that would be no valid lab.yml. Errors: REG-003, REG-004, REG-005. */
export function requireLabText(text: string, file: string): void {
  const yaml = parseYaml(text, file);
  const shape = validate(yaml.data, labSchema);
  requireValid(yaml, labSchema, shape.length > 0 ? [] : meaning(yaml.data as LabFile | null));
}

function sourceConfig(entry: SourceEntry, yaml: YamlFile, index: number): SourceConfig {
  const columns = entry.columns && Object.entries(entry.columns);
  return {
    name: entry.name,
    table: entry.table ?? entry.name,
    path: list(entry.path),
    ...(entry.api && { api: apiConfig(entry.api, (key) => yaml.place(["sources", index, "api", key])) }),
    ...(entry.step && { step: stepConfig(entry.step, (key) => yaml.place(["sources", index, "step", key])) }),
    format: entry.format ?? formatOfName(list(entry.path)[0] ?? ""),
    ...(entry.flatten !== undefined && { flatten: entry.flatten }),
    ...(entry.records !== undefined && { records: entry.records }),
    ...(entry.sheet !== undefined && { sheet: entry.sheet }),
    ...(entry.settle !== undefined && { settleMs: milliseconds(entry.settle) }),
    dialect: {
      ...(entry.delimiter !== undefined && { delimiter: entry.delimiter }),
      ...(entry.quote !== undefined && { quote: entry.quote }),
      ...(entry.escape !== undefined && { escape: entry.escape }),
      ...(entry.header !== undefined && { header: entry.header }),
      ...(entry.skip_lines !== undefined && { skipLines: entry.skip_lines }),
      encoding: entry.encoding ?? "utf-8",
      ...(entry.null_values !== undefined && { nullValues: list(entry.null_values) }),
      ...(entry.date_format !== undefined && { dateFormat: entry.date_format }),
      ...(entry.timestamp_format !== undefined && { timestampFormat: entry.timestamp_format }),
      ...(entry.decimal_separator !== undefined && { decimalSeparator: entry.decimal_separator }),
    },
    ...(columns && {
      columns: new Map(
        columns.map(([name, column]) => [
          name,
          typeof column === "string"
            ? { type: column, nullable: true }
            : { ...column, nullable: column.nullable ?? true },
        ]),
      ),
    }),
    proposed: entry.contract === "proposed",
    key: list(entry.key),
    mode: entry.mode ?? (entry.path !== undefined ? "append" : entry.key === undefined ? "replace" : "merge"),
    ...(entry.order_by !== undefined && { orderBy: entry.order_by }),
    drift: entry.drift ?? "evolve",
    ...(entry.max_rejects !== undefined && {
      maxRejects:
        typeof entry.max_rejects === "number"
          ? { count: entry.max_rejects }
          : { share: Number.parseFloat(entry.max_rejects) / 100 },
    }),
    lineage: entry.lineage ?? false,
    expectations: (entry.expectations ?? []).map(doorExpectationOf),
    place: yaml.place(["sources", index]),
  };
}

/** What a schema cannot say: two sources of one name, a merge without a key, an expectation that lacks its argument. */
function meaning(data: LabFile | null): Problem[] {
  const problems: Problem[] = [];
  const report = (path: (string | number)[], message: string, hint: string) =>
    problems.push({ kind: "value", path, message, hint });
  const names = new Set<string>();
  const tables = new Set<string>();
  const exported = new Set<string>();
  for (const [i, entry] of (data?.publish?.exports ?? []).entries()) {
    const { format, to = `data/exports/${format}` } = typeof entry === "string" ? { format: entry } : entry;
    if (exported.has(to))
      report(["publish", "exports", i], `Two exports go to \`${to}\`.`, "Give one of them another `to`.");
    exported.add(to);
  }
  for (const [i, source] of (data?.sources ?? []).entries()) {
    const path = ["sources", i];
    if (names.has(source.name.toLowerCase())) {
      report([...path, "name"], `There are two sources named \`${source.name}\`.`, "Rename one of them.");
    }
    names.add(source.name.toLowerCase());
    const table = source.table ?? source.name;
    if (tables.has(table.toLowerCase())) {
      report([...path, "table"], `Two sources fill the table raw.${table}.`, "Give one of them another `table`.");
    }
    tables.add(table.toLowerCase());
    problems.push(...recordsProblems(source, path));
    if (source.mode === "merge" && source.key === undefined) {
      report([...path, "mode"], `The source ${source.name} merges without a key.`, "Add `key:` with its columns.");
    }
    const columns = source.columns && Object.keys(source.columns);
    for (const column of [...list(source.key), ...list(source.order_by)]) {
      if (columns && !columns.includes(column)) {
        report(
          [...path, list(source.key).includes(column) ? "key" : "order_by"],
          `The source ${source.name} has no column \`${column}\` in its \`columns\`.`,
          `Use one of ${columns.join(", ")}.`,
        );
      }
    }
    for (const [j, pattern] of list(source.path).entries()) {
      if (!/^([/~\\]|[A-Za-z]:)|(^|[/\\])\.\.([/\\]|$)/.test(pattern)) continue;
      report(
        [...path, "path", ...(Array.isArray(source.path) ? [j] : [])],
        `\`${pattern}\` leads out of the lab's raw folder, and files are looked for only there.`,
        "Write it relative to the raw folder; `raw_data_path` in the registry can name another one.",
      );
    }
    problems.push(...ofNoUse(source, path));
    for (const [j, item] of (source.expectations ?? []).entries()) {
      for (const column of columns ? list(item.column) : []) {
        if (columns?.some((name) => name.toLowerCase() === column.toLowerCase())) continue;
        report(
          [...path, "expectations", j, "column"],
          `The source ${source.name} has no column \`${column}\` in its \`columns\`.`,
          `Use one of ${columns?.join(", ")}.`,
        );
      }
      problems.push(...expectationProblems(item, [...path, "expectations", j]));
    }
  }
  problems.push(...qualityProblems(data?.quality));
  for (const [table, { expectations = [] }] of Object.entries(data?.quality?.tables ?? {}))
    for (const [i, item] of expectations.entries())
      problems.push(...expectationProblems(item, ["quality", "tables", table, "expectations", i]));
  problems.push(...readsProblems(data?.reads ?? []));
  problems.push(...ownStepsProblems(data?.steps ?? []));
  problems.push(...scheduleProblems(data?.schedule));
  return problems;
}

/** Settings of a file source that nothing would look at: whoever wrote them expects something else to happen. */
function ofNoUse(source: SourceEntry, path: (string | number)[]): Problem[] {
  if (source.path === undefined) return [];
  const format = source.format ?? formatOfName(list(source.path)[0] ?? "");
  const useless = [
    { key: "flatten", when: source.flatten !== undefined && format !== "json", only: "files of the format json" },
    { key: "sheet", when: source.sheet !== undefined && format !== "excel", only: "files of the format excel" },
    { key: "order_by", when: source.order_by !== undefined && source.mode !== "merge", only: "the mode merge" },
  ];
  return useless
    .filter(({ when }) => when)
    .map(({ key, only }) => ({
      kind: "value" as const,
      path: [...path, key],
      message: `\`${key}\` of the source ${source.name} means something only for ${only}.`,
      hint: `Take it out, or correct \`${key === "order_by" ? "mode" : "format"}\`.`,
    }));
}
