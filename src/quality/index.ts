/** How good a lab's tables are, and why: the inspector and the score. */
export { inspectAndScore, scoreRows, volumeHistory } from "./lab-quality.ts";
export type { InspectAndScoreInput, LabQuality, LayerQuality, TableQuality } from "./lab-quality.ts";
export { combineScores, defaultWeights, dimensions, scoreChecks } from "./score.ts";
export type { Check, Checks } from "./score.ts";
export { checksOf } from "./checks.ts";
export type { TableFacts } from "./checks.ts";
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
