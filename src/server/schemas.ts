import * as z from "zod";

/** Every shape of the API. The OpenAPI document, the checks of requests and the page's types all come from here. */
const text = z.string();
const time = z.string().meta({ description: "ISO 8601 in UTC", format: "date-time" });
const count = z.number().int();
const nullable = <T extends z.ZodType>(type: T) => type.nullable();

export const errorJson = z.strictObject({
  code: text,
  title: text,
  message: text,
  hint: text.optional(),
  place: z.strictObject({ file: text, line: count.optional(), column: count.optional() }).optional(),
  retryable: z.boolean(),
  data: z.record(text, z.unknown()).optional(),
});

/** RFC 9457; `code` and what follows are those of `labs -o json`. */
export const problem = z.strictObject({
  type: text,
  title: text,
  status: count,
  detail: text,
  code: text,
  hint: text.optional(),
  place: errorJson.shape.place,
  retryable: z.boolean(),
  data: z.record(text, z.unknown()).optional(),
});

export const runStatus = z.enum(["running", "ok", "failed", "cancelled", "crashed"]);
export const jobState = z.enum(["queued", "running", "ok", "failed", "cancelled"]);

export const labRow = z.strictObject({
  name: text,
  status: z.enum(["active", "paused", "archived"]).meta({ description: "From the registry" }),
  state: z
    .enum(["running", "queued", "failed", "crashed", "cancelled", "ok", "never"])
    .meta({ description: "What it does now, or how its last run ended" }),
  trouble: nullable(text).meta({ description: "What a person should look at first; null when all is well" }),
  owner: nullable(text),
  description: nullable(text),
  tags: z.array(text),
  lastRun: nullable(
    z.strictObject({
      id: text,
      status: runStatus,
      trigger: text,
      startedAt: time,
      finishedAt: nullable(time),
      seconds: nullable(z.number()),
      message: nullable(text),
    }),
  ),
  job: nullable(z.strictObject({ id: text, state: jobState, run: nullable(text), dueAt: time })),
  nextRun: nullable(time),
  schedule: nullable(text),
  paused: nullable(z.strictObject({ at: nullable(time), by: nullable(text), why: nullable(text) })),
  score: nullable(z.number()),
  trend: z.array(z.number()).meta({ description: "Scores of the last runs, oldest first" }),
  failingTests: count,
  quarantined: nullable(count).meta({ description: "Rows that the last load with files put into quarantine" }),
  rows: nullable(count).meta({ description: "Rows of all published tables" }),
  publishedAt: nullable(time),
});
export const labList = z.strictObject({ labs: z.array(labRow), server: z.boolean() });

export const version = z.strictObject({
  version: text,
  publishedAt: time,
  runId: nullable(text),
  score: nullable(z.number()),
  bytes: count,
  current: z.boolean(),
  tables: z.array(z.strictObject({ schema: text, name: text, rows: count })),
});

export const labDetail = z.strictObject({
  lab: labRow,
  paths: z.record(text, text),
  sources: z.array(
    z.strictObject({
      name: text,
      kind: text,
      from: text,
      columns: count,
      key: z.array(text),
      table: text,
    }),
  ),
  schedule: nullable(
    z.strictObject({
      text,
      timezone: nullable(text),
      next: z.array(time),
      retries: count,
      timeoutSeconds: nullable(z.number()),
      missed: text,
    }),
  ),
  versions: z.array(version),
  steps: z.array(text).meta({ description: "Stages and own steps of a run, in order" }),
  problem: nullable(errorJson).meta({ description: "Why lab.yml cannot be used" }),
});

export const runInfo = z.strictObject({
  id: text,
  lab: text,
  trigger: text,
  command: text,
  user: text,
  host: text,
  startedAt: time,
  finishedAt: nullable(time),
  seconds: nullable(z.number()),
  status: runStatus,
  job: nullable(text),
  attempt: nullable(count),
  summary: nullable(z.looseObject({ message: text.optional(), error: errorJson.optional() })),
});
export const runList = z.strictObject({ runs: z.array(runInfo), next: nullable(text) });

export const score = z.strictObject({
  scope: z.enum(["lab", "layer", "table"]),
  name: text,
  score: z.number(),
  rows: nullable(count),
  parts: z.array(
    z.strictObject({
      dimension: text,
      points: z.number(),
      max: z.number(),
      causes: z.array(z.strictObject({ points: z.number(), text, query: nullable(text) })),
    }),
  ),
  notCounted: z.array(text),
});

export const runDetail = z.strictObject({
  run: runInfo,
  steps: z.array(
    z.strictObject({
      name: text,
      attempt: count,
      status: z.enum(["running", "ok", "failed", "skipped", "cancelled", "crashed"]),
      startedAt: time,
      finishedAt: nullable(time),
      seconds: nullable(z.number()),
      error: nullable(errorJson),
    }),
  ),
  nodes: z.array(
    z.strictObject({
      uniqueId: text,
      name: text,
      resourceType: text,
      status: text,
      seconds: z.number(),
      startedAt: nullable(time).meta({ description: "Worked out from the end and the duration" }),
      failures: nullable(count),
      message: nullable(text),
      relation: nullable(text),
      error: nullable(errorJson),
      behind: z.array(text).meta({ description: "Skipped: the broken nodes it lies behind" }),
    }),
  ),
  scores: z.array(score),
  versions: z.array(text).meta({ description: "Versions that this run published and that are still kept" }),
});

export const runEvent = z.strictObject({
  seq: count,
  time,
  level: z.enum(["debug", "info", "warn", "error"]),
  step: nullable(text),
  type: text,
  text,
});
export const runEvents = z.strictObject({ events: z.array(runEvent), next: nullable(count), running: z.boolean() });

export const graphNode = z.strictObject({
  id: text,
  name: text,
  type: text.meta({ description: "source, model, seed, snapshot or exposure" }),
  layer: text.meta({ description: "Its schema" }),
  materialized: nullable(text),
  tags: z.array(text),
  status: nullable(text).meta({ description: "Of the last run that had it; null when none had" }),
  seconds: nullable(z.number()),
  tests: z.strictObject({ passed: count, warned: count, failed: count }),
  published: z.boolean(),
  description: text,
});
export const graph = z.strictObject({
  nodes: z.array(graphNode),
  edges: z.array(z.strictObject({ from: text, to: text })).meta({ description: "By ids" }),
  generatedAt: nullable(time),
});

export const nodeDetail = z.strictObject({
  id: text,
  name: text,
  type: text,
  relation: nullable(text),
  file: text,
  description: text,
  tags: z.array(text),
  materialized: nullable(text),
  columns: z.array(z.strictObject({ name: text, type: nullable(text), description: text })),
  parents: z.array(text),
  children: z.array(text),
  tests: z.array(z.strictObject({ id: text, name: text, column: nullable(text), severity: text })),
  source: nullable(text).meta({ description: "As it is written" }),
  compiled: nullable(text).meta({ description: "The SQL of its last run" }),
});

export const tableRow = z.strictObject({
  name: text.meta({ description: "schema.table" }),
  rows: nullable(count),
  score: nullable(z.number()),
  published: z.boolean(),
});
export const tableList = z.strictObject({ tables: z.array(tableRow), version: nullable(text) });

export const columnProfile = z.strictObject({
  name: text,
  type: text,
  nulls: count,
  nullShare: z.number(),
  distinct: count,
  distinctExact: z.boolean(),
  min: nullable(text),
  max: nullable(text),
  average: nullable(z.number()),
  description: text,
  top: z.array(z.strictObject({ value: text, rows: count })).meta({ description: "The most frequent values" }),
  histogram: z
    .array(z.strictObject({ from: text, to: text, rows: count }))
    .meta({ description: "Of numbers: equal steps; of dates and times: units of the calendar" }),
});

export const tableDetail = z.strictObject({
  name: text,
  description: text,
  node: nullable(text),
  published: z.boolean(),
  version: nullable(text),
  rows: nullable(count),
  bytes: nullable(count),
  columns: z.array(columnProfile).meta({ description: "Empty unless published" }),
  score: nullable(score),
  history: z.array(z.strictObject({ run: text, time, score: z.number(), rows: nullable(count) })),
  tests: z.array(
    z.strictObject({
      id: text,
      name: text,
      status: text,
      failures: nullable(count),
      message: nullable(text),
      run: text,
      history: z
        .array(z.strictObject({ run: text, at: time, status: text, failures: nullable(count) }))
        .meta({ description: "Outcomes in the last runs, oldest first" }),
    }),
  ),
});

export const evidence = z.strictObject({
  columns: z.array(z.strictObject({ name: text, type: text })),
  rows: z.array(z.array(z.union([text, z.number(), z.boolean(), z.null()]))),
  total: nullable(count),
  more: z.boolean(),
  seconds: z.number(),
  version: text,
  sql: text.meta({ description: "The query that gave the rows, on the lab's working database" }),
});

const columnId = z.strictObject({ node: text, column: text });
export const columnLineage = z.strictObject({
  node: text,
  column: nullable(text),
  columns: z.array(text).meta({ description: "All columns of the node that was asked for" }),
  nodes: z.array(
    z.strictObject({
      id: text,
      name: text,
      type: text,
      complete: z.boolean().meta({ description: "false: something could not be found, `problems` say what" }),
      problems: z.array(text),
      columns: z.array(text).meta({ description: "Those that take part" }),
    }),
  ),
  edges: z.array(z.strictObject({ from: columnId, to: columnId, kind: z.enum(["identity", "derived", "aggregated"]) })),
  rows: z
    .array(z.strictObject({ from: columnId, to: text, clauses: z.array(text) }))
    .meta({ description: "Columns that decide which rows a node has" }),
});

export const tableChanges = z.strictObject({
  before: text,
  after: text,
  table: z.looseObject({
    state: z.enum(["same", "changed", "added", "removed"]),
    rows: z.strictObject({ before: count, after: count }),
    added: count,
    removed: count,
    changed: nullable(count),
    key: z.array(text),
  }),
  columns: z.array(z.strictObject({ name: text, type: text })),
  sample: z
    .array(
      z.strictObject({
        side: z.enum(["before", "after"]),
        row: z.array(z.union([text, z.number(), z.boolean(), z.null()])),
      }),
    )
    .meta({ description: "Rows of one version that the other has not; a changed row is there twice" }),
});

export const catalogue = z.strictObject({
  version: text,
  tables: z.array(
    z.strictObject({ schema: text, name: text, columns: z.array(z.strictObject({ name: text, type: text })) }),
  ),
  functions: z.array(text),
  keywords: z.array(text),
});

export const savedQueries = z.strictObject({
  queries: z.array(z.strictObject({ name: text, lab: nullable(text), sql: text, savedAt: time })),
});
export const saveQueryRequest = z.strictObject({
  name: z.string().min(1).max(80),
  lab: text,
  sql: z.string().min(1).max(100_000),
  was: z.string().max(80).optional().meta({ description: "Its name so far: it is renamed" }),
  replace: z.boolean().optional().meta({ description: "Over another one of that name" }),
});

export const settings = z.strictObject({
  settings: z.array(
    z.strictObject({
      path: text,
      value: nullable(text).meta({ description: "As written; null: a secret" }),
      place: nullable(z.strictObject({ file: text, line: count, column: count })).meta({
        description: "Where it is written; null: nobody has, it is the default",
      }),
      overriddenBy: nullable(text).meta({ description: "The lab's own setting that stands above it" }),
    }),
  ),
});

export const cell = z.union([text, z.number(), z.boolean(), z.null()]);
export const grid = z.strictObject({
  columns: z.array(z.strictObject({ name: text, type: text })),
  rows: z.array(z.array(cell)),
  total: nullable(count).meta({ description: "Rows that match; null where it was not counted" }),
  more: z.boolean(),
  seconds: z.number(),
  version: text,
});

export const quarantine = z.strictObject({
  groups: z.array(z.strictObject({ table: text, reason: text, rows: count, files: count, at: time })),
  rows: z.array(
    z.strictObject({
      table: text,
      file: text,
      record: count,
      load: count,
      column: nullable(text),
      reason: text,
      row: text,
      at: time,
    }),
  ),
});
export const replayed = z.strictObject({
  results: z.array(
    z.strictObject({
      table: text,
      file: text,
      load: count,
      tried: count,
      loaded: count,
      refused: z.array(z.strictObject({ record: count, reason: text })),
    }),
  ),
});

export const fileList = z.strictObject({
  files: z.array(
    z.strictObject({
      file: text,
      source: text,
      state: text,
      rows: count,
      bytes: count,
      seenAt: time,
      error: nullable(errorJson).meta({ description: "Why it was not loaded" }),
    }),
  ),
});

export const job = z.strictObject({
  id: text,
  lab: text,
  state: jobState,
  trigger: text,
  command: text,
  user: text,
  dueAt: time,
  notBefore: time,
  createdAt: time,
  startedAt: nullable(time),
  finishedAt: nullable(time),
  attempt: count,
  run: nullable(text),
  message: nullable(text),
});
export const jobList = z.strictObject({ jobs: z.array(job) });

export const runRequest = z.strictObject({
  select: z.array(text).optional().meta({ description: "dbt's selection" }),
  exclude: z.array(text).optional(),
  fullRefresh: z.boolean().optional(),
  changed: z.boolean().optional().meta({ description: "false: build models that did not change, too" }),
});
export const pauseRequest = z.strictObject({ why: z.string().max(500).optional() });
export const queryRequest = z.strictObject({
  lab: text,
  sql: z.string().min(1).max(100_000),
  limit: z.number().int().min(1).max(10_000).default(1000),
  version: text.optional(),
  id: z.string().max(64).optional().meta({ description: "To cancel it by; default: none" }),
});
export const replayRequest = z.strictObject({
  rows: z
    .array(z.strictObject({ table: text, load: count, record: count, row: text }))
    .min(1)
    .max(1000),
});
export const loginRequest = z.union([
  z.strictObject({ user: z.string().max(200), password: z.string().max(1000) }),
  z.strictObject({ token: z.string().max(200) }),
]);
export const role = z.enum(["viewer", "operator", "admin"]);

export const session = z.strictObject({
  who: nullable(text).meta({ description: "Name of the user or token; null when nobody is signed in" }),
  role: nullable(role).meta({ description: "The most that is allowed anywhere" }),
  labs: nullable(z.record(text, role)).meta({ description: "The role at each lab that may be seen; null: all labs" }),
  needsToken: z.boolean(),
  readOnly: z.boolean(),
  csrf: nullable(text),
  workspace: text,
  version: text,
});

export const healthItem = z.strictObject({
  level: z.enum(["attention", "note"]),
  check: text,
  lab: nullable(text),
  text,
  hint: nullable(text),
});
export const health = z.strictObject({
  items: z.array(healthItem),
  machine: z.strictObject({
    host: text,
    cores: count,
    load: z.number(),
    memoryFree: count,
    memoryTotal: count,
    diskFree: nullable(count),
    diskTotal: nullable(count),
    uptimeSeconds: z.number(),
  }),
  workers: z.array(
    z.strictObject({
      id: text,
      kind: text,
      host: text,
      pid: count,
      user: text,
      startedAt: time,
      seenAt: time,
      alive: z.boolean(),
      info: z.record(text, z.unknown()),
    }),
  ),
  queue: z.strictObject({ waiting: count, running: count }),
  leases: z.array(
    z.strictObject({ job: text, lab: text, worker: nullable(text), until: nullable(time), attempt: count }),
  ),
});

export const incident = z.strictObject({
  id: text,
  event: text,
  state: z.enum(["open", "over"]),
  openedAt: time,
  seenAt: time,
  seen: count,
  overAt: nullable(time),
  summary: text,
  cause: z.looseObject({ summary: text }),
  labs: z.array(z.strictObject({ lab: text, since: time, run: nullable(text), over: z.boolean() })),
  told: z.array(z.strictObject({ channel: text, at: time, times: count })),
});
export const alerts = z.strictObject({
  incidents: z.array(incident),
  deliveries: z.array(
    z.strictObject({
      id: text,
      channel: text,
      kind: text,
      state: text,
      subject: nullable(text),
      createdAt: time,
      sentAt: nullable(time),
      attempts: count,
      problem: nullable(text),
    }),
  ),
});

export const docs = z.strictObject({
  entries: z.array(
    z.strictObject({
      lab: text,
      id: text,
      name: text,
      type: text,
      layer: text,
      description: text,
      columns: z.array(z.strictObject({ name: text, type: nullable(text), description: text })),
    }),
  ),
});

export const diff = z.strictObject({
  before: text,
  after: text,
  tables: z.array(
    z.looseObject({
      table: text,
      state: z.enum(["same", "changed", "added", "removed"]),
      rows: z.strictObject({ before: count, after: count }),
      added: count,
      removed: count,
      changed: nullable(count),
    }),
  ),
});

export const auditList = z.strictObject({
  entries: z.array(
    z.strictObject({
      id: text,
      at: time,
      who: text,
      address: text,
      action: text,
      subject: text,
      outcome: z.enum(["done", "refused"]),
      detail: nullable(text),
    }),
  ),
  next: nullable(text),
});
export const done = z.strictObject({ done: z.boolean() });

/** Of a stream of what happens; a `reset` says: ask for everything anew. */
export const liveEvent = z.union([
  z.strictObject({ type: z.literal("lab"), lab: labRow }),
  z.strictObject({ type: z.literal("run"), lab: text, run: text }),
  z.strictObject({
    type: z.literal("step"),
    lab: text,
    job: text,
    step: text,
    state: z.enum(["running", "ok", "failed", "skipped", "cancelled"]),
  }),
  z.strictObject({
    type: z.literal("nodes"),
    lab: text,
    job: text,
    done: count,
    total: count,
    running: z.array(text),
  }),
  z.strictObject({ type: z.literal("jobs") }),
  z.strictObject({ type: z.literal("alerts") }),
  z.strictObject({ type: z.literal("reset") }),
]);
/** Of the stream of a run: lines of its log as they come, and its end. */
export const runLogEvent = z.union([runEvent, z.strictObject({ status: runStatus })]);

/** What two runs of a lab did differently. */
export const comparison = z.strictObject({
  run: runInfo,
  other: runInfo,
  nodes: z.array(
    z.strictObject({
      uniqueId: text,
      name: text,
      status: nullable(text),
      otherStatus: nullable(text),
      seconds: nullable(z.number()),
      otherSeconds: nullable(z.number()),
    }),
  ),
});
