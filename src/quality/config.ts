import { didYouMean } from "#errors/index.ts";
import type { QualityConfig as LabSettings } from "#registry/index.ts";
import { qualityErrors } from "./errors.ts";
import { defaultWeights, dimensions } from "./score.ts";
import type { Dimension, QualityConfig, TableRules, Weights } from "./types.ts";

type Rules = TableRules & { weights: Weights } & Required<Pick<TableRules, "stale" | "anomalies">>;

/** Settings merged for one table: the table's over the lab's over the defaults. Errors: QUAL-003. */
export function rulesFor(config: QualityConfig, schema: string, table: string): Rules {
  const rules = { ...lookUp(config.tables, table), ...lookUp(config.tables, `${schema}.${table}`) };
  return {
    stale: config.stale ?? "warn",
    anomalies: config.anomalies ?? "warn",
    ...rules,
    weights: { ...defaultWeights, ...config.weights, ...rules.weights },
  };
}

function lookUp(tables: QualityConfig["tables"], name: string): TableRules {
  const wanted = name.toLowerCase();
  for (const [key, rules] of Object.entries(tables ?? {})) if (key.toLowerCase() === wanted) return rules;
  return {};
}

/**
 * Settings of `quality.yml` and `lab.yml` as this room's. Where new data is expected at an interval, tables that name their
 * time column may be half an interval late. Errors: QUAL-003 for a duration.
 */
export function fromLabSettings(settings: LabSettings | null | undefined): QualityConfig {
  const list = (value: string | string[]) => (typeof value === "string" ? [value] : value);
  const every = settings?.freshness?.every;
  const tables: Record<string, TableRules> = {};
  for (const [name, table] of Object.entries(settings?.tables ?? {})) {
    const { fresh_within: within, time_column: time, weights, weight, stale, anomalies } = table;
    const rhythm = every !== undefined && time !== undefined ? lateness * hours(every, "freshness.every") : undefined;
    const maxAge = within === undefined ? rhythm : hours(within, `tables.${name}.fresh_within`);
    tables[name] = {
      ...(table.key !== undefined && { keys: [list(table.key)] }),
      ...(time !== undefined && { timeColumn: time }),
      ...(maxAge !== undefined && { maxAgeHours: maxAge }),
      ...(table.may_be_empty !== undefined && { mayBeEmpty: table.may_be_empty }),
      ...(table.optional_columns !== undefined && { optionalColumns: list(table.optional_columns) }),
      ...(weight !== undefined && { weight }),
      ...(weights && { weights }),
      ...(stale && { stale }),
      ...(anomalies && { anomalies }),
    };
  }
  return {
    ...(settings?.weights && { weights: settings.weights }),
    ...(settings?.layers && { layers: settings.layers }),
    ...(settings?.freshness?.stale && { stale: settings.freshness.stale }),
    ...(settings?.anomalies && { anomalies: settings.anomalies }),
    tables,
  };
}

/** Data that is expected at an interval is late when this many of them have passed. */
export const lateness = 1.5;

const hoursOf: Record<string, number> = { s: 1 / 3600, m: 1 / 60, h: 1, d: 24, w: 168 };

function hours(text: string, path: string): number {
  const [, count, unit] = /^\s*(\d+)\s*(s|m|h|d|w)[a-z]*\s*$/i.exec(text) ?? [];
  const factor = hoursOf[unit?.toLowerCase() ?? ""];
  if (factor === undefined) throw invalid(path, "must be a time such as `36 hours` or `2 days`");
  return Number(count) * factor;
}

/** Weight of a layer: readers see gold, so it counts most. Prefixes such as `dev_gold` are understood. */
export function layerWeight(config: QualityConfig, schema: string): number {
  for (const [name, weight] of Object.entries(config.layers ?? {})) {
    if (name.toLowerCase() === schema.toLowerCase()) return weight;
  }
  const layer = /(?:^|_)(gold|silver)$/i.exec(schema)?.[1]?.toLowerCase();
  return layer === "gold" ? 3 : layer === "silver" ? 2 : 1;
}

/** Checks what types cannot: weights are numbers from 0 up and not all 0. Errors: QUAL-003 with the key path. */
export function checkConfig(config: QualityConfig): void {
  checkWeights(config.weights, "weights");
  for (const [layer, weight] of Object.entries(config.layers ?? {})) checkNumber(weight, `layers.${layer}`);
  for (const [table, rules] of Object.entries(config.tables ?? {})) {
    checkWeights(rules.weights, `tables.${table}.weights`);
    if (rules.weight !== undefined) checkNumber(rules.weight, `tables.${table}.weight`);
    if (rules.maxAgeHours !== undefined && !(rules.maxAgeHours > 0)) {
      throw invalid(`tables.${table}.maxAgeHours`, "must be a number of hours above 0");
    }
  }
}

function checkWeights(weights: Partial<Weights> | undefined, path: string): void {
  for (const [name, weight] of Object.entries(weights ?? {})) {
    if (!dimensions.includes(name as Dimension)) {
      const meant = didYouMean(name, dimensions);
      throw invalid(`${path}.${name}`, `is no dimension of quality${meant ? `; did you mean ${meant}?` : ""}`);
    }
    checkNumber(weight, `${path}.${name}`);
  }
  const merged = { ...defaultWeights, ...weights };
  if (dimensions.every((dimension) => merged[dimension] === 0)) throw invalid(path, "must not all be 0");
}

function checkNumber(value: unknown, path: string): void {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0)
    throw invalid(path, "must be a number from 0 up");
}

const invalid = (path: string, rule: string) =>
  qualityErrors.configInvalid({
    message: `quality.${path} ${rule}.`,
    hint: `Dimensions are ${dimensions.join(", ")}; a weight is a number, 0 leaves its dimension out.`,
  });
