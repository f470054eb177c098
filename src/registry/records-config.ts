import type { Place } from "#errors/index.ts";
import type {
  ApiEntry,
  AuthEntry,
  IncrementalEntry,
  PaginationEntry,
  RecordsEntry,
  StepEntry,
} from "./schemas/records.ts";
import type { SourceEntry } from "./schemas/source.ts";
import type { Problem } from "./validate.ts";

/** How records become rows; shared by APIs and steps. */
export interface RecordsConfig {
  incremental?: {
    /** Path into a record. */
    field: string;
    /** Empty for steps. */
    param: string;
    /** As text, as it is sent. */
    start?: string;
    /** Milliseconds for times, else the plain difference; 0 for none. */
    overlap: { kind: "time" | "number"; amount: number };
  };
  /** Levels of nested records that become columns. */
  flatten: number;
  keepRaw: boolean;
  required: boolean;
  mayBeEmpty: boolean;
  /** Milliseconds without a byte or record. */
  timeoutMs: number;
  maxBytes: number;
}

export type AuthConfig =
  | { type: "header"; name: string; env: string; prefix: string }
  | { type: "query"; name: string; env: string }
  | { type: "basic"; username?: string; usernameEnv?: string; passwordEnv: string }
  | { type: "oauth2"; tokenUrl: string; clientIdEnv: string; clientSecretEnv: string; scope?: string };

export interface PaginationConfig extends Pick<PaginationEntry, "type" | "cursor" | "next"> {
  param: string;
  start: number;
  size?: { param: string; value: number };
  cursorField?: string;
  hasMore?: string;
  end: "empty" | "short" | "not_found";
}

/** An API source with its defaults filled in. */
export interface ApiConfig extends RecordsConfig {
  /** As written, with its `${…}`. */
  url: string;
  method: "GET" | "POST";
  headers: Record<string, string>;
  query: [string, string][];
  body?: Record<string, unknown>;
  paramsIn: "query" | "body";
  auth: AuthConfig[];
  /** Path of the list; undefined: the answer is the list; `.`: the answer, list or one record. */
  records?: string;
  pagination: PaginationConfig;
  retries: number;
  requestsPerSecond?: number;
  maxPages: number;
  /** Where the keys stand, for errors. */
  places: Record<"url" | "auth" | "records" | "pagination" | "incremental", Place>;
}

/** A step with its defaults filled in. */
export interface StepConfig extends RecordsConfig {
  /** Relative to the lab's folder. */
  file: string;
  env: string[];
  places: Record<"file" | "incremental", Place>;
}

const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** `2 hours` in milliseconds; undefined when it is no time. */
export function durationMs(text: string): number | undefined {
  const match =
    /^([1-9][0-9]*) ?(?:(s)(?:econds?)?|(m)(?:in(?:utes?)?)?|(h)(?:ours?)?|(d)(?:ays?)?|(w)(?:eeks?)?)$/.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * 1000 * (units[match.slice(2).find(Boolean) ?? "s"] ?? 1);
}

function bytesOf(size: number | string | undefined): number {
  if (size === undefined) return 2e9;
  if (typeof size === "number") return size;
  const [, amount = "0", unit = "MB"] = /^([0-9]+) ?(\w+)$/.exec(size) ?? [];
  return Number(amount) * ({ kB: 1e3, MB: 1e6, GB: 1e9 }[unit] ?? 1);
}

function recordsConfig(entry: RecordsEntry): RecordsConfig {
  return {
    ...(entry.incremental && { incremental: incrementalConfig(entry.incremental) }),
    flatten: entry.flatten ?? 3,
    keepRaw: entry.keep_raw ?? true,
    required: entry.required ?? true,
    mayBeEmpty: entry.may_be_empty ?? false,
    timeoutMs: durationMs(entry.timeout ?? "30 seconds") ?? 30_000,
    maxBytes: bytesOf(entry.max_bytes),
  };
}

function incrementalConfig({ field, param, start, overlap }: IncrementalEntry) {
  return {
    field,
    param: param ?? "",
    ...(start !== undefined && { start: String(start) }),
    overlap:
      typeof overlap === "string"
        ? ({ kind: "time", amount: durationMs(overlap) ?? 0 } as const)
        : ({ kind: "number", amount: overlap ?? 0 } as const),
  };
}

function authConfig(entry: AuthEntry): AuthConfig {
  const { type, name = "", env = "" } = entry;
  if (type === "bearer") return { type: "header", name: "authorization", env, prefix: "Bearer " };
  if (type === "header") return { type, name, env, prefix: entry.prefix ?? "" };
  if (type === "query") return { type, name, env };
  if (type === "basic") {
    return {
      type,
      ...(entry.username !== undefined && { username: entry.username }),
      ...(entry.username_env !== undefined && { usernameEnv: entry.username_env }),
      passwordEnv: entry.password_env ?? "",
    };
  }
  return {
    type,
    tokenUrl: entry.token_url ?? "",
    clientIdEnv: entry.client_id_env ?? "",
    clientSecretEnv: entry.client_secret_env ?? "",
    ...(entry.scope !== undefined && { scope: entry.scope }),
  };
}

function paginationConfig(entry: PaginationEntry = { type: "none" }): PaginationConfig {
  const { type, size, size_param, cursor_field, has_more } = entry;
  return {
    type,
    param: entry.param ?? type,
    start: entry.start ?? (type === "page" ? 1 : 0),
    ...(size !== undefined && size_param !== undefined && { size: { param: size_param, value: size } }),
    ...(entry.cursor !== undefined && { cursor: entry.cursor }),
    ...(cursor_field !== undefined && { cursorField: cursor_field }),
    ...(entry.next !== undefined && { next: entry.next }),
    ...(has_more !== undefined && { hasMore: has_more }),
    end: entry.end ?? "empty",
  };
}

/** An `api:` entry that has passed the schema and {@link recordsProblems}. */
export function apiConfig(entry: ApiEntry, place: (key: string) => Place): ApiConfig {
  const list = entry.auth === undefined ? [] : Array.isArray(entry.auth) ? entry.auth : [entry.auth];
  return {
    ...recordsConfig(entry),
    url: entry.url,
    method: entry.method ?? "GET",
    headers: entry.headers ?? {},
    query: Object.entries(entry.query ?? {}).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((one): [string, string] => [name, String(one)]),
    ),
    ...(entry.body && { body: entry.body }),
    paramsIn: entry.params_in ?? "query",
    auth: list.map(authConfig),
    ...(entry.records !== undefined && { records: entry.records }),
    pagination: paginationConfig(entry.pagination),
    retries: entry.retries ?? 5,
    ...(entry.requests_per_second !== undefined && { requestsPerSecond: entry.requests_per_second }),
    maxPages: entry.max_pages ?? 10_000,
    places: {
      url: place("url"),
      auth: place("auth"),
      records: place("records"),
      pagination: place("pagination"),
      incremental: place("incremental"),
    },
  };
}

/** A `step:` entry that has passed the schema and {@link recordsProblems}. */
export function stepConfig(entry: StepEntry, place: (key: string) => Place): StepConfig {
  return {
    ...recordsConfig(entry),
    file: entry.file,
    env: entry.env ?? [],
    places: { file: place("file"), incremental: place("incremental") },
  };
}

/** Environment variables that a poll needs, with those of the URL that have no default. */
export function requiredVariables(source: { api?: ApiConfig; step?: StepConfig }): string[] {
  const { api, step } = source;
  const names = (api?.auth ?? []).flatMap((auth) => {
    if (auth.type === "basic") return [...(auth.usernameEnv ? [auth.usernameEnv] : []), auth.passwordEnv];
    return auth.type === "oauth2" ? [auth.clientIdEnv, auth.clientSecretEnv] : [auth.env];
  });
  const inUrl = [...(api?.url ?? "").matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g)].map((match) => match[1] ?? "");
  return [...new Set([...names, ...inUrl, ...(step?.env ?? [])])];
}

const fileOnly = ["format", "delimiter", "quote", "escape", "header", "encoding", "decimal_separator"] as const;

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
  const keyed = source.key !== undefined;
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
