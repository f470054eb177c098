import { plural, thousands, type ErrorJson } from "#errors/index.ts";
import { driftText } from "#ingest/index.ts";
import type { RunRecorder } from "#ledger/index.ts";
import type { LabEvent } from "./types.ts";

/** An error as a log has it: code and message, place, what to do. */
function errorText({ code, message, place, hint }: ErrorJson): string {
  const at = place && [place.file, place.line, place.column].filter((part) => part !== undefined).join(":");
  return [`${code}: ${message.trim()}`, ...(at ? [`at ${at}`] : []), ...(hint ? [`fix: ${hint}`] : [])].join("\n");
}

/** Writes what happens to the ledger, as the text that `labs logs` shows. */
export function record(recorder: RunRecorder, event: LabEvent): void {
  switch (event.type) {
    case "reads":
      for (const { lab, version } of event.reads)
        recorder.event({ type: event.type, text: `reads ${lab} as of ${version}`, data: { lab, version } });
      break;
    case "step-output":
      recorder.event({ type: event.type, step: event.step, text: event.text, data: { stream: event.stream } });
      break;
    case "step-finish": {
      const { status, error, optional } = event.outcome;
      const level = status === "failed" && !optional ? "error" : status === "cancelled" || optional ? "warn" : "info";
      recorder.event({
        level,
        type: event.type,
        step: event.step,
        text: `${status}${event.detail ? `: ${event.detail}` : ""}${error ? `: ${errorText(error)}` : ""}`,
        ...(error ? { data: error } : {}),
      });
      break;
    }
    case "checked":
      for (const change of event.changes) recorder.event({ type: "file-change", text: change.explain, data: change });
      for (const file of event.unclaimed)
        recorder.event({
          level: "warn",
          type: "file-unclaimed",
          text: `${file}: no source of lab.yml claims this file`,
        });
      break;
    case "ingest":
      if (event.event.type === "file-finish") {
        const { file, table, outcome, rowsLoaded, rowsQuarantined, error } = event.event.result;
        recorder.event({
          level: outcome === "failed" ? "error" : error ? "warn" : "info",
          type: "file-finish",
          text: `${file} → ${table}: ${outcome}, ${plural(rowsLoaded, "row")} loaded, ${thousands(rowsQuarantined)} quarantined${error ? `: ${errorText(error)}` : ""}`,
          data: event.event.result,
        });
      } else if (event.event.type === "drift")
        recorder.event({
          level: "warn",
          type: "drift",
          text: driftText(event.event),
          data: event.event,
        });
      else if (event.event.type === "note")
        recorder.event({ type: "note", text: `${event.event.file}: ${event.event.text}`, data: event.event });
      else if (event.event.type === "expectation")
        recorder.event({
          level: "warn",
          type: "expectation",
          text: `${event.event.file}: ${event.event.outcome.text}`,
          data: event.event,
        });
      break;
    case "node-finish": {
      const { node } = event;
      const bad = node.status === "error" || node.status === "fail" || node.status === "partial success";
      const told = bad || node.status === "warn";
      const why = told ? (node.error ? errorText(node.error) : node.message) : null;
      const level = bad ? "error" : node.status === "warn" ? "warn" : "info";
      recorder.model({
        uniqueId: node.uniqueId,
        name: node.name,
        resourceType: node.resourceType,
        status: node.status,
        seconds: node.seconds,
        failures: node.failures,
        message: node.message,
        relation: node.relation,
      });
      recorder.event({
        level,
        type: event.type,
        text: `${node.resourceType} ${node.relation && node.attachedTo === null ? node.relation : node.name}: ${node.status}${why ? `: ${why}` : ""}`,
        data: {
          uniqueId: node.uniqueId,
          seconds: node.seconds,
          ...(bad && { file: node.error?.place?.file ?? node.file, ...(node.error && { error: node.error }) }),
          ...(node.behind && { behind: node.behind }),
        },
      });
      break;
    }
    case "message":
      recorder.event({ level: event.level, type: event.type, text: event.text });
      break;
    default:
      break;
  }
}
