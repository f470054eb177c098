import { mapOf, objectOf, type Schema } from "../schema.ts";

/** Only what came after the last poll is asked for. */
export interface IncrementalEntry {
  /** Field of a record that grows: a time, a date or a number; with dots into nested ones. */
  field: string;
  /** Parameter that takes the cursor; an API needs it, a step gets the cursor handed over. */
  param?: string;
  start?: string | number;
  /** How far behind the cursor the next poll begins: a time, or a number for a field of numbers. */
  overlap?: string | number;
}

/** What API sources and steps share: how records become rows. */
export interface RecordsEntry {
  incremental?: IncrementalEntry;
  flatten?: number;
  keep_raw?: boolean;
  required?: boolean;
  may_be_empty?: boolean;
  timeout?: string;
  max_bytes?: number | string;
  max_time?: string;
}

export const authTypes = ["header", "bearer", "basic", "query", "oauth2"] as const;

/** Where secrets come from: names of environment variables, never values. Which keys are needed depends on `type`. */
export interface AuthEntry {
  type: (typeof authTypes)[number];
  /** header, query: name of the header or parameter. */
  name?: string;
  /** header, bearer, query: environment variable with the value. */
  env?: string;
  /** header: written in front of the value. */
  prefix?: string;
  /** basic */
  username?: string;
  username_env?: string;
  password_env?: string;
  /** oauth2 (client credentials) */
  token_url?: string;
  client_id_env?: string;
  client_secret_env?: string;
  scope?: string;
}

export const paginationTypes = ["none", "page", "offset", "cursor", "link", "next"] as const;

export interface PaginationEntry {
  type: (typeof paginationTypes)[number];
  /** page, offset, cursor: the parameter that moves. */
  param?: string;
  /** page, offset: value of the first page. */
  start?: number;
  size?: number;
  size_param?: string;
  /** cursor: path of the next cursor in the answer. */
  cursor?: string;
  /** cursor: field of the last record that is the next cursor. */
  cursor_field?: string;
  /** next: path of the next page's URL in the answer. */
  next?: string;
  /** Path of a value in the answer that is false on the last page. */
  has_more?: string;
  /** page, offset: what the end looks like. */
  end?: "empty" | "short" | "not_found";
}

type Scalar = string | number | boolean;

export interface ApiEntry extends RecordsEntry {
  url: string;
  method?: "GET" | "POST";
  headers?: Record<string, string>;
  query?: Record<string, Scalar | Scalar[]>;
  body?: Record<string, unknown>;
  params_in?: "query" | "body";
  auth?: AuthEntry | AuthEntry[];
  records?: string;
  pagination?: PaginationEntry;
  retries?: number;
  requests_per_second?: number;
  max_pages?: number;
  checkpoint?: number;
}

export interface StepEntry extends RecordsEntry {
  file: string;
  env?: string[];
}

const some: Schema = { type: "string", minLength: 1 };
const variable: Schema = {
  type: "string",
  pattern: "^[A-Za-z_][A-Za-z0-9_]*$",
  patternHint: "the name of an environment variable",
};
const path = (description: string): Schema => ({ ...some, description });
const scalar: Schema = { anyOf: [{ type: "string" }, { type: "number" }, { type: "boolean" }] };

const incremental = objectOf<IncrementalEntry>(
  {
    field: path("Field that grows: a time, a date or a number; with dots into nested ones."),
    param: { ...some, description: "API: the parameter that takes the cursor, such as `updated_since`." },
    start: { anyOf: [some, { type: "number" }], description: "Cursor of the first poll. Default: none is sent." },
    overlap: {
      anyOf: [some, { type: "number", minimum: 0 }],
      description: "How far behind the cursor the next poll begins: `1 hour`, or a number for a field of numbers.",
    },
  },
  ["field"],
  "Ask only for what is new since the last poll. Needs `key`.",
);

const shared: Record<keyof RecordsEntry, Schema> = {
  incremental,
  flatten: {
    type: "integer",
    minimum: 0,
    maximum: 10,
    default: 3,
    description: "Levels of nested records that become columns (`customer_city`); deeper ones and lists stay JSON.",
  },
  keep_raw: { type: "boolean", default: true, description: "Keep every record as it came in the column `_raw`." },
  required: {
    type: "boolean",
    default: true,
    description: "When false, a failed poll is reported and the run goes on with the rows that are there.",
  },
  may_be_empty: {
    type: "boolean",
    default: false,
    description: "mode replace: an answer without records empties the table instead of failing.",
  },
  timeout: {
    type: "string",
    pattern: "^[1-9][0-9]* ?(s|seconds?|m|min|minutes?|h|hours?)$",
    patternHint: "a time such as `30 seconds`",
    default: "30 seconds",
    description: "Longest time without a byte (API) or a record (step).",
  },
  max_bytes: {
    anyOf: [
      { type: "integer", minimum: 1 },
      { type: "string", pattern: "^[1-9][0-9]* ?(kB|MB|GB)$", patternHint: "a size such as `500 MB`" },
    ],
    default: "2 GB",
    description: "More than this in one poll is an error.",
  },
  max_time: {
    type: "string",
    pattern: "^[1-9][0-9]* ?(s|seconds?|m|min|minutes?|h|hours?|d|days?)$",
    patternHint: "a time such as `10 minutes`",
    default: "2 hours",
    description: "A poll that takes longer is stopped and has failed.",
  },
};

const auth = objectOf<AuthEntry>(
  {
    type: { type: "string", enum: authTypes, description: "oauth2 means client credentials." },
    name: { ...some, description: "header, query: name of the header or parameter." },
    env: { ...variable, description: "header, bearer, query: environment variable with the value." },
    prefix: { type: "string", description: "header: written in front of the value: `Token `." },
    username: { ...some, description: "basic: the user, when it is no secret." },
    username_env: { ...variable, description: "basic: environment variable with the user." },
    password_env: { ...variable, description: "basic: environment variable with the password." },
    token_url: {
      type: "string",
      pattern: "^https?://[^@/]+(/|$)",
      patternHint: "a URL that begins with http:// or https://, without a user",
      description: "oauth2: where the token is fetched.",
    },
    client_id_env: { ...variable, description: "oauth2: environment variable with the client's id." },
    client_secret_env: { ...variable, description: "oauth2: environment variable with the client's secret." },
    scope: { ...some, description: "oauth2: scopes, separated by spaces." },
  },
  ["type"],
);

const pagination = objectOf<PaginationEntry>(
  {
    type: {
      type: "string",
      enum: paginationTypes,
      description:
        "How the next page is found: a number, an offset, a cursor, the Link header, or a URL in the answer.",
    },
    param: { ...some, description: "page, offset, cursor: the parameter that moves. Default: the type's name." },
    start: { type: "integer", minimum: 0, description: "First page (default 1) or offset (default 0)." },
    size: { type: "integer", minimum: 1, description: "Records asked for in one page." },
    size_param: { ...some, description: "Parameter of `size`, such as `per_page` or `limit`." },
    cursor: path("cursor: path of the next cursor in the answer: `meta.next_cursor`."),
    cursor_field: path("cursor: field of the last record that is the next cursor, such as `id`."),
    next: path("next: path of the next page's URL in the answer: `links.next`."),
    has_more: path("Path of a value that is false on the last page."),
    end: {
      type: "string",
      enum: ["empty", "short", "not_found"],
      default: "empty",
      description: "page, offset: the end is an empty page, one with less than `size` records, or the answer 404.",
    },
  },
  ["type"],
  "How the next page is found. Default: there is one page.",
);

/** `api:` of a source. */
export const api = objectOf<ApiEntry>(
  {
    url: {
      type: "string",
      pattern: "^(https?://|\\$\\{)",
      patternHint: "a URL that begins with http:// or https://",
      description: "Address of the first page; `${NAME}` and `${NAME:-default}` are environment variables.",
    },
    method: { type: "string", enum: ["GET", "POST"], default: "GET", description: "HTTP method." },
    headers: mapOf({ type: "string" }, "Headers without secrets."),
    query: mapOf({ anyOf: [...(scalar.anyOf ?? []), { type: "array", items: scalar }] }, "Query without secrets."),
    body: mapOf({}, "POST: sent as JSON."),
    params_in: {
      type: "string",
      enum: ["query", "body"],
      default: "query",
      description: "Where parameters of pages and cursor go.",
    },
    auth: { anyOf: [auth, { type: "array", items: auth, minItems: 1 }], description: "Secrets by variable name." },
    records: path("Path of the list of records in the answer: `data.items`. Default: the answer is the list."),
    pagination,
    retries: {
      type: "integer",
      minimum: 0,
      maximum: 20,
      default: 5,
      description: "Repetitions of a request after 429, 5xx, a drop or a timeout.",
    },
    requests_per_second: { type: "number", minimum: 0.001, description: "Not faster than this." },
    max_pages: {
      type: "integer",
      minimum: 1,
      default: 10_000,
      description: "More pages than this in one poll are an error.",
    },
    checkpoint: {
      type: "integer",
      minimum: 1,
      default: 100,
      description: "Pages that are loaded together while more are fetched, where the pages allow it.",
    },
    ...shared,
  },
  ["url"],
  "An HTTP API that answers JSON.",
);

/** `step:` of a source. */
export const step = objectOf<StepEntry>(
  {
    file: { ...some, description: "TypeScript or JavaScript file in the lab's folder: `pipelines/orders.ts`." },
    env: { type: "array", items: variable, description: "Environment variables that the step may see." },
    ...shared,
  },
  ["file"],
  "A program that yields records.",
);
