import type { SourceConfig } from "#registry/index.ts";
import { baseUrl } from "../api/url.ts";
import type { FileChange } from "../types.ts";
import { cursorToSend } from "./cursor.ts";
import type { PollState } from "./ledger.ts";

/** The poll of a source as a plan shows it. Nothing is fetched to find out. */
export function pollChange(source: SourceConfig, state: PollState | undefined): FileChange {
  const { api, step } = source;
  const config = api ?? step;
  const from = config?.incremental && cursorToSend(config.incremental, state?.cursor);
  const what = api ? `${api.method} ${addressOf(source)}` : `runs ${step?.file ?? ""}`;
  const pages = api && api.pagination.type !== "none" ? `, page by page (${api.pagination.type})` : "";
  const since = config?.incremental
    ? from === undefined
      ? ", from the beginning"
      : `, from ${config.incremental.field} ${from}`
    : "";
  const last = state ? `; last poll ${state.polledAt}` : "";
  return {
    source: source.name,
    table: source.table,
    path: source.place.file,
    name: `${api ? "api" : "step"}:${source.name}`,
    action: "load",
    reason: state ? "changed" : "new",
    explain: `${what}${pages}${since}${last}.`,
    stat: { bytes: 0, mtime: "0", ctime: "0", inode: "" },
  };
}

/** The address without its query, with its variables filled in where they are set. */
function addressOf(source: SourceConfig): string {
  const { api } = source;
  if (!api) return "";
  try {
    const { origin, pathname } = baseUrl(source, api, process.env);
    return origin + pathname;
  } catch {
    return api.url.replace(/[?#].*$/, "");
  }
}
