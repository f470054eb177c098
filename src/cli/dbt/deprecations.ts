import { wrap } from "../render/text.ts";
import type { LogRecord, Style } from "./record.ts";

/** Deprecations older than dbt 1.10 are printed without their name. */
const nameless = new Set([
  "ConfigSourcePathDeprecation",
  "ConfigDataPathDeprecation",
  "ConfigLogPathDeprecation",
  "ConfigTargetPathDeprecation",
  "PackageRedirectDeprecation",
  "PackageInstallPathDeprecation",
  "ExposureNameDeprecation",
  "ProjectFlagsMovedDeprecation",
  "PackageMaterializationOverrideDeprecation",
  "ResourceNamesWithSpacesDeprecation",
  "SourceFreshnessProjectHooksNotRun",
  "EnvironmentVariableRenamed",
  "MetricAttributesRenamed",
  "MFTimespineWithoutYamlConfigurationDeprecation",
  "MFCumulativeTypeParamsDeprecation",
  "MicrobatchMacroOutsideOfBatchesDeprecation",
]);

/** Told before dbt knows the width of its lines. */
const unwrapped = new Set(["ProjectFlagsMovedDeprecation"]);

/** Warnings of the project's own, in spite of their names. */
const plain = new Set(["UpcomingReferenceDeprecation", "SpacesInResourceNameDeprecation"]);

/** Deprecations whose names do not say so. */
const others = new Set(["EnvironmentVariableRenamed", "MetricAttributesRenamed", "SourceFreshnessProjectHooksNotRun"]);

export const isDeprecation = (name: string): boolean =>
  (name.endsWith("Deprecation") && !plain.has(name)) || others.has(name);

/** Each kind of deprecation is told once; the end lists how often each occurred. */
export class DeprecationCounter {
  readonly #showAll: boolean;
  readonly #counts = new Map<string, number>();

  constructor(showAll: boolean) {
    this.#showAll = showAll;
  }

  count(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** Whether the next one of this name is shown. */
  shows(name: string): boolean {
    return this.#showAll || !this.#counts.has(name);
  }

  summary(style: Style): LogRecord | undefined {
    if (this.#counts.size === 0) return undefined;
    const list = [...this.#counts].map(([name, count]) => `- ${name}: ${count} occurrence${count === 1 ? "" : "s"}`);
    const more = this.#showAll
      ? ""
      : "\n\nTo see all deprecation instances instead of just the first occurrence of each, run command again with the `--show-all-deprecations` flag. You may also need to run with `--no-partial-parse` as some deprecations are only encountered during parsing.";
    const text = wrap(
      `Deprecated functionality\n\nSummary of encountered deprecations:\n\n${list.join("\n\n")}${more}`,
      style.width - tagWidth("DeprecationsSummary"),
    );
    const summaries = [...this.#counts].map(([event_name, occurrences]) => ({ event_name, occurrences }));
    return {
      name: "DeprecationsSummary",
      code: "D028",
      level: "warn",
      msg: `[${style.yellow("WARNING")}][DeprecationsSummary]: ${text}`,
      data: { summaries, show_all_hint: !this.#showAll },
    };
  }
}

const tagWidth = (_name: string): number => 0;

export function deprecationRecord(
  style: Style,
  { name, code, text, data }: { name: string; code: string; text: string; data?: Record<string, unknown> },
): LogRecord {
  const tag = nameless.has(name) ? `[${style.yellow("WARNING")}]` : `[${style.yellow("WARNING")}][${name}]`;
  return {
    name,
    code,
    level: "warn",
    // The tag counts for the width of the first line, colours included.
    msg: unwrapped.has(name)
      ? `${tag}: Deprecated functionality\n${text}`
      : wrap(`${tag}: Deprecated functionality\n\n${text}`, style.width),
    data: { msg: text, ...data },
  };
}
