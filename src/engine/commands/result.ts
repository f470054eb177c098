import type { ParsedProject } from "../2-parse/index.ts";
import type { RunResult } from "../manifest/types.ts";

export interface CommandResult {
  success: boolean;
  /** dbt's exit code: 1 when a node failed. Usage and project errors (2) are thrown instead. */
  exit: 0 | 1 | 2;
  results: RunResult[];
  /** Lines of `ls`. */
  lines?: string[];
  /** Unique ids that `ls` selected, in the order of its lines. */
  selected?: string[];
  /** Text of `show` and `compile --inline`. */
  text?: string;
  manifest?: ParsedProject["runtime"]["manifest"];
}

const failedStatuses = new Set(["error", "fail", "runtime error", "partial success"]);

/** True when no result failed, hooks included. Whatever was skipped lies behind a failure. Source: dbt-core task/base.py interpret_results. */
export const succeeded = (results: readonly RunResult[]): boolean =>
  !results.some((r) => failedStatuses.has(r.status) || r.status === "skipped");
