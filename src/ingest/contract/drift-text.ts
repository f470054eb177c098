import type { IngestEvent } from "../types.ts";

/** A drift in one sentence for people. */
export function driftText(event: Extract<IngestEvent, { type: "drift" }>): string {
  const { file, added, widened = [], ignored = [], policy } = event;
  const parts = [
    ...(added.length > 0 ? [`new columns ${added.join(", ")}`] : []),
    ...(widened.length > 0 ? [`wider types ${widened.join(", ")}`] : []),
    ...(ignored.length > 0
      ? [
          `unknown columns ${ignored.join(", ")}${policy === "quarantine_rows" ? ": all rows are quarantined" : " left out"}`,
        ]
      : []),
  ];
  return `${file}: ${parts.join("; ")}`;
}
