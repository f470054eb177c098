import type { Schema } from "../schema.ts";

/** A time in the notation of lab.yml, quality.yml and alerts.yml: `15 minutes`. */
export const duration: Schema = {
  type: "string",
  pattern: "^[1-9][0-9]* ?(s|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)$",
  patternHint: "a time such as `15 minutes`, `2 hours` or `3 days`",
};
