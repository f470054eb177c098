import { durationMs } from "./records-config.ts";
import type { ApiEntry, AuthEntry } from "./schemas/records.ts";
import type { SourceEntry } from "./schemas/source.ts";
import type { Problem } from "./validate.ts";

const fileOnly = [
  "format",
  "delimiter",
  "quote",
  "escape",
  "header",
  "encoding",
  "decimal_separator",
  "sheet",
  "settle",
] as const;

/** What the schema cannot say about where a source's rows come from. */
export function recordsProblems(source: SourceEntry, at: (string | number)[]): Problem[] {
  const problems: Problem[] = [];
  const report = (path: (string | number)[], message: string, hint: string) =>
    problems.push({ kind: "value", path: [...at, ...path], message, hint });
  const origins = (["path", "api", "step"] as const).filter((key) => source[key] !== undefined);
  if (origins.length !== 1) {
    const what = origins.length === 0 ? "no `path`" : origins.map((key) => `\`${key}\``).join(" and ");
    report(
      origins[1] ? [origins[1]] : [],
      `sources[${String(at[1])}] has ${what}: its rows come from files (\`path\`), an API (\`api\`) or a program (\`step\`).`,
      origins.length === 0 ? "Add `path:`, `api:` or `step:`." : "Keep one of them, and make a source of the other.",
    );
    return problems;
  }
  const [origin] = origins;
  const entry = source.api ?? source.step;
  if (origin === undefined || entry === undefined) return problems;
  for (const key of fileOnly) {
    if (source[key] !== undefined) {
      report([key], `\`${key}\` is about files, and the source ${source.name} has none.`, "Remove it.");
    }
  }
  if (source.flatten !== undefined) {
    report(
      ["flatten"],
      `The levels that ${source.name} flattens are said under \`${origin}\`.`,
      `Move \`flatten\` under \`${origin}:\`, as a number.`,
    );
  }
  const keyed = source.key !== undefined;
  const merges = source.mode === "merge" || (source.mode === undefined && keyed);
  if (source.order_by !== undefined && !merges) {
    report(
      ["order_by"],
      `\`order_by\` of the source ${source.name} means something only for the mode merge.`,
      "Add `key:`, or take it out.",
    );
  }
  const { incremental } = entry;
  if (incremental && !keyed) {
    report(
      [origin, "incremental"],
      `The source ${source.name} is incremental without a \`key\`: records at the edge come twice, and nothing would tell them from new ones.`,
      "Add `key:` with the columns that identify a record.",
    );
  }
  if (incremental && source.mode === "replace") {
    report(
      ["mode"],
      `The source ${source.name} asks only for new records, and \`replace\` would drop all earlier ones.`,
      "Use `mode: merge` or `mode: append`, or remove `incremental`.",
    );
  }
  if (source.mode === "append" && !keyed) {
    report(
      ["mode"],
      `The source ${source.name} appends without a \`key\`: every poll would load every record again.`,
      "Add `key:`, or use `mode: replace` or `mode: snapshot`.",
    );
  }
  if (incremental && source.api && incremental.param === undefined) {
    report(
      [origin, "incremental"],
      "`incremental` has no `param`.",
      "Add `param:`, the parameter that the API takes the cursor in.",
    );
  }
  if (typeof incremental?.overlap === "string" && durationMs(incremental.overlap) === undefined) {
    report(
      [origin, "incremental", "overlap"],
      `The overlap is ${JSON.stringify(incremental.overlap)}, but must be a time or a number.`,
      "Write a time such as `1 hour`, or a number for a field of numbers.",
    );
  }
  if (source.api) apiProblems(source.api, (path, message, hint) => report(["api", ...path], message, hint));
  return problems;
}

type Tell = (path: (string | number)[], message: string, hint: string) => void;

const authNeeds: Record<AuthEntry["type"], (keyof AuthEntry)[]> = {
  header: ["name", "env"],
  bearer: ["env"],
  query: ["name", "env"],
  basic: ["password_env"],
  oauth2: ["token_url", "client_id_env", "client_secret_env"],
};

function apiProblems(entry: ApiEntry, report: Tell): void {
  if (/^https?:\/\/[^/?#]*@/.test(entry.url)) {
    report(["url"], "The URL holds a user or password.", "Use `auth:` with `type: basic` and environment variables.");
  }
  const list = entry.auth === undefined ? [] : Array.isArray(entry.auth) ? entry.auth : [entry.auth];
  for (const [i, one] of list.entries()) {
    const path = Array.isArray(entry.auth) ? ["auth", i] : ["auth"];
    for (const key of authNeeds[one.type]) {
      if (one[key] === undefined) report(path, `The auth ${one.type} has no \`${key}\`.`, `Add \`${key}:\`.`);
    }
    if (one.type === "basic" && one.username === undefined && one.username_env === undefined) {
      report(path, "The auth basic has no user.", "Add `username:` or `username_env:`.");
    }
  }
  for (const name of Object.keys(entry.headers ?? {})) {
    if (/^(authorization|proxy-authorization|cookie)$/i.test(name)) {
      report(["headers", name], `The header ${name} carries a secret.`, "Use `auth:`, which takes it from a variable.");
    }
  }
  if (entry.method !== "POST" && (entry.body || entry.params_in === "body")) {
    report([entry.body ? "body" : "params_in"], "Only POST has a body.", "Add `method: POST`, or use `query:`.");
  }
  const { pagination } = entry;
  if (!pagination) return;
  const { type } = pagination;
  const wants = (ok: boolean, message: string, hint: string) => ok || report(["pagination"], message, hint);
  wants(
    type !== "cursor" || (pagination.cursor === undefined) !== (pagination.cursor_field === undefined),
    "Cursor pagination takes the next cursor from `cursor` (a path in the answer) or from `cursor_field` (a field of the last record).",
    "Give one of the two.",
  );
  wants(type !== "next" || pagination.next !== undefined, "The pagination has no `next`.", "Add `next:`, its path.");
  wants(
    (pagination.size === undefined) === (pagination.size_param === undefined),
    "`size` and `size_param` belong together.",
    "Give both: `size: 100` and `size_param: per_page`.",
  );
  wants(
    pagination.end !== "short" || pagination.size !== undefined,
    "`end: short` compares with `size`, which is missing.",
    "Add `size:` and `size_param:`, or use `end: empty`.",
  );
}
