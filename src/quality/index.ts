/** How good a lab's tables are, and why: the inspector and the score. */
export { inspectAndScore, profileRows, scoreRows, tableHistory } from "./lab-quality.ts";
export type { Counted, KnownCounts } from "./overview.ts";
export { type ColumnDrift, columnDrift } from "./column-drift.ts";
export { type ColumnFigures, type TableFigures, unpackFigures } from "./figures.ts";
export type {
  InspectAndScoreInput,
  LabQuality,
  LayerQuality,
  ScoreDetail,
  ScoreRow,
  TableQuality,
} from "./lab-quality.ts";
export { combineScores, defaultWeights, dimensions, scoreChecks } from "./score.ts";
export type { Check, Checks } from "./score.ts";
export { fromLabSettings, lateness } from "./config.ts";
export type { Finding, FreshnessOutcome } from "./findings.ts";
export { freshnessAnomaly, quietRuns, volumeAnomaly } from "./anomalies.ts";
export type { SeenTable } from "./anomalies.ts";
export { checksOf } from "./checks.ts";
export type { TableFacts } from "./checks.ts";
export { DataInspector } from "./inspector.ts";
export type { Duplicates, Inspection, InspectOptions, RecentRows, TableProfile } from "./inspector.ts";
export type { Bin, ColumnProfile, ColumnShape, TopValue } from "./column-profile.ts";
export { qualityErrors } from "./errors.ts";
export type {
  Cause,
  Dimension,
  LoadOutcome,
  Part,
  QualityConfig,
  Score,
  TableRules,
  TestOutcome,
  Weights,
} from "./types.ts";
