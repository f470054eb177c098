import { engineError } from "../../errors.ts";
import { allNodes, type SelectionMethod, where } from "../population.ts";
import type { SourceFreshnessState } from "../previous-state.ts";

/** `source_status:fresher`: sources whose newest row is newer than in the sources.json under `--state`, and new ones. */
export const sourceStatus: SelectionMethod = ({ population, previousState }, { value }) => {
  if (!previousState?.sources)
    throw missing("No previous state comparison freshness results in sources.json", "--state");
  if (!previousState.sourcesCurrent) {
    throw missing("No current state comparison freshness results in sources.json", "the target folder");
  }
  if (value !== "fresher") return [];
  const before = loadedAt(previousState.sources);
  const fresher = new Set<string>();
  for (const [id, now] of loadedAt(previousState.sourcesCurrent)) {
    const then = before.get(id);
    if (then === undefined || now > then) fresher.add(id);
  }
  return where(allNodes(population), (node) => fresher.has(node.unique_id));
};

/** Times by source, in a form that compares as text; sources whose query failed have none. */
function loadedAt(sources: readonly SourceFreshnessState[]): Map<string, string> {
  const times = new Map<string, string>();
  for (const { unique_id, max_loaded_at } of sources) {
    if (max_loaded_at !== undefined) times.set(unique_id, comparable(max_loaded_at));
  }
  return times;
}

function comparable(time: string): string {
  const match = /^(.*?)(?:\.(\d+))?(Z|[+-]\d\d:?\d\d)?$/.exec(time.trim());
  if (!match) return time;
  const [, seconds = "", fraction = "", zone = "Z"] = match;
  const instant = new Date(`${seconds.replace(" ", "T")}${zone}`);
  return Number.isNaN(instant.getTime()) ? time : `${instant.toISOString().slice(0, 19)}.${fraction.padEnd(9, "0")}`;
}

function missing(message: string, where: string) {
  return engineError("runtime", {
    dbtType: "Internal Error",
    message,
    hint: `Run "source freshness" first: ${where} must hold a sources.json.`,
  });
}
