import { FixedZone, PyDateTime, PyObject, utcZone } from "#jinja/index.ts";
import { warn, type Runtime } from "../context/runtime.ts";
import type { GraphNode } from "../manifest/types.ts";
import { problem } from "./problem.ts";

const batchSizes = ["hour", "day", "month", "year"];

export const isMicrobatch = ({ config }: GraphNode): boolean =>
  config.materialized === "incremental" && config.incremental_strategy === "microbatch";

/** dbt runs microbatch models in batches unless the project has a macro of its own and does not ask for it. Source: contracts/graph/manifest.py use_microbatch_batches. */
export function runsInBatches({ read, macros }: Runtime): boolean {
  if (read.root.flags.require_batched_execution_for_custom_microbatch_strategy !== false) return true;
  const macro = macros.find("get_incremental_microbatch_sql");
  return macro?.node.package_name === "dbt" || macro?.node.package_name === "dbt_duckdb";
}

/** Python's name of a value's type, as dbt prints it. */
function pyClass(value: unknown): string {
  if (value instanceof PyObject)
    return `<class '${value.pyType === "date" || value.pyType === "datetime" ? "datetime." : ""}${value.pyType}'>`;
  const name =
    value === null || value === undefined
      ? "NoneType"
      : Array.isArray(value)
        ? "list"
        : ({ string: "str", number: Number.isInteger(value) ? "int" : "float", boolean: "bool", bigint: "int" }[
            typeof value as string
          ] ?? "dict");
  return `<class '${name}'>`;
}

/** Checks a microbatch model's config and turns `begin` into a moment. Source: dbt-core parser/manifest.py check_valid_microbatch_config. */
export function checkMicrobatch(node: GraphNode): void {
  const { config } = node;
  const name = `Microbatch model '${node.name}'`;
  const missing = (value: unknown): boolean => value === null || value === undefined;
  const { event_time: eventTime, lookback, concurrent_batches: concurrent } = config;
  if (missing(eventTime)) {
    throw problem(
      node,
      `${name} must provide an 'event_time' (string) config that indicates the name of the event time column.`,
      "Set event_time.",
    );
  }
  if (typeof eventTime !== "string") {
    throw problem(
      node,
      `${name} must provide an 'event_time' config of type string, but got: ${pyClass(eventTime)}.`,
      "Name a column.",
    );
  }
  config.begin = beginOf(node, name);
  if (!batchSizes.includes(String(config.batch_size))) {
    throw problem(
      node,
      `${name} must provide a 'batch_size' config that is one of ['hour', 'day', 'month', 'year'], but got: ${missing(config.batch_size) ? "None" : String(config.batch_size)}.`,
      "Use one of these.",
    );
  }
  if (!missing(lookback) && !Number.isInteger(lookback)) {
    throw problem(
      node,
      `${name} must provide the optional 'lookback' config as type int, but got: ${pyClass(lookback)}).`,
      "Write a whole number.",
    );
  }
  if (!missing(concurrent) && typeof concurrent !== "boolean") {
    throw problem(
      node,
      `${name} optional 'concurrent_batches' config must be of type \`bool\` if specified, but got: ${pyClass(concurrent)}).`,
      "Write true or false.",
    );
  }
}

function beginOf(node: GraphNode, name: string): PyDateTime {
  const { begin } = node.config;
  if (begin === null || begin === undefined) {
    throw problem(
      node,
      `${name} must provide a 'begin' (datetime) config that indicates the earliest timestamp the microbatch model should be built from.`,
      "Set begin.",
    );
  }
  if (typeof begin === "string") {
    const moment = fromIso(begin);
    if (moment) return moment;
    throw problem(
      node,
      `${name} must provide a 'begin' config of valid datetime (ISO format), but got: ${begin}.`,
      "Write begin as 2024-01-01.",
    );
  }
  if (begin instanceof PyDateTime) return begin;
  throw problem(
    node,
    `${name} must provide a 'begin' config of type datetime, but got: ${pyClass(begin)}.`,
    "Write begin as '2024-01-01'.",
  );
}

const iso = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,6})\d*)?)?)?(Z|[+-]\d\d:?\d\d)?)?$/;

/** A text of Python's datetime.fromisoformat; undefined when it is none. */
function fromIso(text: string): PyDateTime | undefined {
  const found = iso.exec(text);
  if (!found) return undefined;
  const number = (i: number): number => Number(found[i] ?? 0);
  const clock = {
    hour: number(4),
    minute: number(5),
    second: number(6),
    micro: Number((found[7] ?? "").padEnd(6, "0")),
  };
  const date = new Date(Date.UTC(number(1), number(2) - 1, number(3)));
  if (date.getUTCDate() !== number(3) || clock.hour > 23 || clock.minute > 59 || clock.second > 59) return undefined;
  return new PyDateTime(number(1), number(2), number(3), clock, zoneOf(found[8]));
}

function zoneOf(zone: string | undefined): FixedZone | undefined {
  if (zone === undefined) return undefined;
  if (zone === "Z") return utcZone;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return new FixedZone(BigInt(zone.startsWith("-") ? -minutes : minutes) * 60_000_000n);
}

/** Source: check_for_microbatch_deprecations, check_microbatch_model_has_a_filtered_input. The adapter runs batches side by side, so forcing that needs no warning. */
export function warnMicrobatch(runtime: Runtime, batched: boolean): void {
  const { manifest } = runtime;
  const models = Object.values(manifest.nodes).filter(isMicrobatch);
  if (!batched && models.length > 0) {
    warn(
      runtime,
      "The use of a custom microbatch macro outside of batched execution is deprecated. To use it with batched execution, set `flags.require_batched_execution_for_custom_microbatch_strategy` to `True` in `dbt_project.yml`. In the future this will be the default behavior.",
      { name: "MicrobatchMacroOutsideOfBatchesDeprecation", code: "D020" },
    );
  }
  for (const node of batched ? models : []) {
    const filtered = node.depends_on.nodes.some(
      (id) => (manifest.nodes[id] ?? manifest.sources[id])?.config.event_time,
    );
    if (filtered) continue;
    warn(
      runtime,
      `The microbatch model '${node.name}' has no 'ref' or 'source' input with an 'event_time' configuration. \nThis means no filtering can be applied and can result in unexpected duplicate records in the resulting microbatch model.`,
      { name: "MicrobatchModelNoEventTimeInputs", code: "I074" },
    );
  }
}
