import type { Place } from "#errors/index.ts";
import type {
  ApiEntry,
  AuthEntry,
  IncrementalEntry,
  PaginationEntry,
  RecordsEntry,
  StepEntry,
} from "./schemas/records.ts";

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
  /** Milliseconds for the whole poll. */
  maxTimeMs: number;
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
  /** Pages that are loaded together while more are fetched. */
  checkpoint: number;
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
    maxTimeMs: durationMs(entry.max_time ?? "2 hours") ?? 7_200_000,
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

/** An `api:` entry that has passed the schema and `recordsProblems`. */
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
    checkpoint: entry.checkpoint ?? 100,
    places: {
      url: place("url"),
      auth: place("auth"),
      records: place("records"),
      pagination: place("pagination"),
      incremental: place("incremental"),
    },
  };
}

/** A `step:` entry that has passed the schema and `recordsProblems`. */
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
