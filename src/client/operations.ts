/** Made from the server's types: `vitest run src/server/client.test.ts -u`. Not to be edited. */
export interface ErrorJson {
  code: string;
  title: string;
  message: string;
  hint?: string;
  place?: {
    file: string;
    line?: number;
    column?: number;
  };
  retryable: boolean;
  data?: Record<string, unknown>;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  hint?: string;
  place?: {
    file: string;
    line?: number;
    column?: number;
  };
  retryable: boolean;
  data?: Record<string, unknown>;
}

export type RunStatus = "running" | "ok" | "failed" | "cancelled" | "crashed";

export type JobState = "queued" | "running" | "ok" | "failed" | "cancelled";

export interface LabRow {
  name: string;
  /** From the registry */
  status: "active" | "paused" | "archived";
  /** What it does now, or how its last run ended */
  state: "running" | "queued" | "failed" | "crashed" | "cancelled" | "ok" | "never";
  /** What a person should look at first; null when all is well */
  trouble: string | null;
  owner: string | null;
  description: string | null;
  tags: string[];
  lastRun: {
    id: string;
    status: RunStatus;
    trigger: string;
    /** ISO 8601 in UTC */
    startedAt: string;
    finishedAt: string | null;
    seconds: number | null;
    message: string | null;
  } | null;
  job: {
    id: string;
    state: JobState;
    run: string | null;
    /** ISO 8601 in UTC */
    dueAt: string;
  } | null;
  nextRun: string | null;
  schedule: string | null;
  paused: {
    at: string | null;
    by: string | null;
    why: string | null;
  } | null;
  score: number | null;
  /** Scores of the last runs, oldest first */
  trend: number[];
  failingTests: number;
  /** Rows that the last load with files put into quarantine */
  quarantined: number | null;
  /** Rows of all published tables */
  rows: number | null;
  publishedAt: string | null;
}

export interface LabList {
  labs: LabRow[];
  server: boolean;
}

export interface Version {
  version: string;
  /** ISO 8601 in UTC */
  publishedAt: string;
  runId: string | null;
  score: number | null;
  bytes: number;
  current: boolean;
  tables: {
    schema: string;
    name: string;
    rows: number;
  }[];
}

export interface LabDetail {
  lab: LabRow;
  paths: Record<string, string>;
  sources: {
    name: string;
    kind: string;
    from: string;
    columns: number;
    key: string[];
    table: string;
  }[];
  schedule: {
    text: string;
    timezone: string | null;
    next: string[];
    retries: number;
    timeoutSeconds: number | null;
    missed: string;
  } | null;
  versions: Version[];
  /** Stages and own steps of a run, in order */
  steps: string[];
  /** Why lab.yml cannot be used */
  problem: ErrorJson | null;
}

export interface RunInfo {
  id: string;
  lab: string;
  trigger: string;
  command: string;
  user: string;
  host: string;
  /** ISO 8601 in UTC */
  startedAt: string;
  finishedAt: string | null;
  seconds: number | null;
  status: RunStatus;
  job: string | null;
  attempt: number | null;
  summary: {
    message?: string;
    error?: ErrorJson;
    [name: string]: unknown;
  } | null;
}

export interface RunList {
  runs: RunInfo[];
  next: string | null;
}

export interface Score {
  scope: "lab" | "layer" | "table";
  name: string;
  score: number;
  rows: number | null;
  parts: {
    dimension: string;
    points: number;
    max: number;
    causes: {
      points: number;
      text: string;
      query: string | null;
    }[];
  }[];
  notCounted: string[];
}

export interface RunDetail {
  run: RunInfo;
  steps: {
    name: string;
    attempt: number;
    status: "running" | "ok" | "failed" | "skipped" | "cancelled" | "crashed";
    /** ISO 8601 in UTC */
    startedAt: string;
    finishedAt: string | null;
    seconds: number | null;
    error: ErrorJson | null;
  }[];
  nodes: {
    uniqueId: string;
    name: string;
    resourceType: string;
    status: string;
    seconds: number;
    /** Worked out from the end and the duration */
    startedAt: string | null;
    failures: number | null;
    message: string | null;
    relation: string | null;
    error: ErrorJson | null;
    /** Skipped: the broken nodes it lies behind */
    behind: string[];
  }[];
  scores: Score[];
  /** Versions that this run published and that are still kept */
  versions: string[];
}

export interface RunEvent {
  seq: number;
  /** ISO 8601 in UTC */
  time: string;
  level: "debug" | "info" | "warn" | "error";
  step: string | null;
  type: string;
  text: string;
}

export interface RunEvents {
  events: RunEvent[];
  next: number | null;
  running: boolean;
}

export interface GraphNode {
  id: string;
  name: string;
  /** source, model, seed, snapshot or exposure */
  type: string;
  /** Its schema */
  layer: string;
  materialized: string | null;
  tags: string[];
  /** Of the last run that had it; null when none had */
  status: string | null;
  seconds: number | null;
  tests: {
    passed: number;
    warned: number;
    failed: number;
  };
  published: boolean;
  description: string;
}

export interface Graph {
  nodes: GraphNode[];
  /** By ids */
  edges: {
    from: string;
    to: string;
  }[];
  generatedAt: string | null;
}

export interface NodeDetail {
  id: string;
  name: string;
  type: string;
  relation: string | null;
  file: string;
  description: string;
  tags: string[];
  materialized: string | null;
  columns: {
    name: string;
    type: string | null;
    description: string;
  }[];
  parents: string[];
  children: string[];
  tests: {
    id: string;
    name: string;
    column: string | null;
    severity: string;
  }[];
  /** As it is written */
  source: string | null;
  /** The SQL of its last run */
  compiled: string | null;
}

export interface TableRow {
  /** schema.table */
  name: string;
  rows: number | null;
  score: number | null;
  published: boolean;
}

export interface TableList {
  tables: TableRow[];
  version: string | null;
}

export interface ColumnProfile {
  name: string;
  type: string;
  nulls: number;
  nullShare: number;
  distinct: number;
  distinctExact: boolean;
  min: string | null;
  max: string | null;
  average: number | null;
  description: string;
  /** The most frequent values */
  top: {
    value: string;
    rows: number;
  }[];
  /** Of numbers: equal steps; of dates and times: units of the calendar */
  histogram: {
    from: string;
    to: string;
    rows: number;
  }[];
}

export interface TableDetail {
  name: string;
  description: string;
  node: string | null;
  published: boolean;
  version: string | null;
  rows: number | null;
  bytes: number | null;
  /** Empty unless published */
  columns: ColumnProfile[];
  score: Score | null;
  history: {
    run: string;
    /** ISO 8601 in UTC */
    time: string;
    score: number;
    rows: number | null;
  }[];
  tests: {
    id: string;
    name: string;
    status: string;
    failures: number | null;
    message: string | null;
    run: string;
    /** Outcomes in the last runs, oldest first */
    history: {
      run: string;
      /** ISO 8601 in UTC */
      at: string;
      status: string;
      failures: number | null;
    }[];
  }[];
}

export interface Evidence {
  columns: {
    name: string;
    type: string;
  }[];
  rows: (string | number | boolean | null)[][];
  total: number | null;
  more: boolean;
  seconds: number;
  version: string;
  /** The query that gave the rows, on the lab's working database */
  sql: string;
}

export interface ColumnLineage {
  node: string;
  column: string | null;
  /** All columns of the node that was asked for */
  columns: string[];
  nodes: {
    id: string;
    name: string;
    type: string;
    /** false: something could not be found, `problems` say what */
    complete: boolean;
    problems: string[];
    /** Those that take part */
    columns: string[];
  }[];
  edges: {
    from: {
      node: string;
      column: string;
    };
    to: {
      node: string;
      column: string;
    };
    kind: "identity" | "derived" | "aggregated";
  }[];
  /** Columns that decide which rows a node has */
  rows: {
    from: {
      node: string;
      column: string;
    };
    to: string;
    clauses: string[];
  }[];
}

export interface TableChanges {
  before: string;
  after: string;
  table: {
    state: "same" | "changed" | "added" | "removed";
    rows: {
      before: number;
      after: number;
    };
    added: number;
    removed: number;
    changed: number | null;
    key: string[];
    [name: string]: unknown;
  };
  columns: {
    name: string;
    type: string;
  }[];
  /** Rows of one version that the other has not; a changed row is there twice */
  sample: {
    side: "before" | "after";
    row: (string | number | boolean | null)[];
  }[];
}

export interface Catalogue {
  version: string;
  tables: {
    schema: string;
    name: string;
    columns: {
      name: string;
      type: string;
    }[];
  }[];
  functions: string[];
  keywords: string[];
}

export interface SavedQueries {
  queries: {
    name: string;
    lab: string | null;
    sql: string;
    /** ISO 8601 in UTC */
    savedAt: string;
  }[];
}

export interface Settings {
  settings: {
    path: string;
    /** As written; null: a secret */
    value: string | null;
    /** Where it is written; null: nobody has, it is the default */
    place: {
      file: string;
      line: number;
      column: number;
    } | null;
    /** The lab's own setting that stands above it */
    overriddenBy: string | null;
  }[];
}

export type Cell = string | number | boolean | null;

export interface Grid {
  columns: {
    name: string;
    type: string;
  }[];
  rows: Cell[][];
  /** Rows that match; null where it was not counted */
  total: number | null;
  more: boolean;
  seconds: number;
  version: string;
}

export interface Quarantine {
  groups: {
    table: string;
    reason: string;
    rows: number;
    files: number;
    /** ISO 8601 in UTC */
    at: string;
  }[];
  rows: {
    table: string;
    file: string;
    record: number;
    load: number;
    column: string | null;
    reason: string;
    row: string;
    /** ISO 8601 in UTC */
    at: string;
  }[];
}

export interface Replayed {
  results: {
    table: string;
    file: string;
    load: number;
    tried: number;
    loaded: number;
    refused: {
      record: number;
      reason: string;
    }[];
  }[];
}

export interface FileList {
  files: {
    file: string;
    source: string;
    state: string;
    rows: number;
    bytes: number;
    /** ISO 8601 in UTC */
    seenAt: string;
    /** Why it was not loaded */
    error: ErrorJson | null;
  }[];
}

export interface Job {
  id: string;
  lab: string;
  state: JobState;
  trigger: string;
  command: string;
  user: string;
  /** ISO 8601 in UTC */
  dueAt: string;
  /** ISO 8601 in UTC */
  notBefore: string;
  /** ISO 8601 in UTC */
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  attempt: number;
  run: string | null;
  message: string | null;
}

export interface JobList {
  jobs: Job[];
}

export type Role = "viewer" | "operator" | "admin";

export interface Session {
  /** Name of the user or token; null when nobody is signed in */
  who: string | null;
  /** The most that is allowed anywhere */
  role: Role | null;
  /** The role at each lab that may be seen; null: all labs */
  labs: Record<string, Role> | null;
  needsToken: boolean;
  readOnly: boolean;
  csrf: string | null;
  workspace: string;
  version: string;
}

export interface HealthItem {
  level: "attention" | "note";
  check: string;
  lab: string | null;
  text: string;
  hint: string | null;
}

export interface Health {
  items: HealthItem[];
  machine: {
    host: string;
    cores: number;
    load: number;
    memoryFree: number;
    memoryTotal: number;
    diskFree: number | null;
    diskTotal: number | null;
    uptimeSeconds: number;
  };
  workers: {
    id: string;
    kind: string;
    host: string;
    pid: number;
    user: string;
    /** ISO 8601 in UTC */
    startedAt: string;
    /** ISO 8601 in UTC */
    seenAt: string;
    alive: boolean;
    info: Record<string, unknown>;
  }[];
  queue: {
    waiting: number;
    running: number;
  };
  leases: {
    job: string;
    lab: string;
    worker: string | null;
    until: string | null;
    attempt: number;
  }[];
}

export interface Incident {
  id: string;
  event: string;
  state: "open" | "over";
  /** ISO 8601 in UTC */
  openedAt: string;
  /** ISO 8601 in UTC */
  seenAt: string;
  seen: number;
  overAt: string | null;
  summary: string;
  cause: {
    summary: string;
    [name: string]: unknown;
  };
  labs: {
    lab: string;
    /** ISO 8601 in UTC */
    since: string;
    run: string | null;
    over: boolean;
  }[];
  told: {
    channel: string;
    /** ISO 8601 in UTC */
    at: string;
    times: number;
  }[];
}

export interface Alerts {
  incidents: Incident[];
  deliveries: {
    id: string;
    channel: string;
    kind: string;
    state: string;
    subject: string | null;
    /** ISO 8601 in UTC */
    createdAt: string;
    sentAt: string | null;
    attempts: number;
    problem: string | null;
  }[];
}

export interface Docs {
  entries: {
    lab: string;
    id: string;
    name: string;
    type: string;
    layer: string;
    description: string;
    columns: {
      name: string;
      type: string | null;
      description: string;
    }[];
  }[];
}

export interface Diff {
  before: string;
  after: string;
  tables: {
    table: string;
    state: "same" | "changed" | "added" | "removed";
    rows: {
      before: number;
      after: number;
    };
    added: number;
    removed: number;
    changed: number | null;
    [name: string]: unknown;
  }[];
}

export interface AuditList {
  entries: {
    id: string;
    /** ISO 8601 in UTC */
    at: string;
    who: string;
    address: string;
    action: string;
    subject: string;
    outcome: "done" | "refused";
    detail: string | null;
  }[];
  next: string | null;
}

export interface Done {
  done: boolean;
}

export type LiveEvent =
  | {
      type: "lab";
      lab: LabRow;
    }
  | {
      type: "run";
      lab: string;
      run: string;
    }
  | {
      type: "step";
      lab: string;
      job: string;
      step: string;
      state: "running" | "ok" | "failed" | "skipped" | "cancelled";
    }
  | {
      type: "nodes";
      lab: string;
      job: string;
      done: number;
      total: number;
      running: string[];
    }
  | {
      type: "jobs";
    }
  | {
      type: "alerts";
    }
  | {
      type: "reset";
    };

export type RunLogEvent =
  | RunEvent
  | {
      status: RunStatus;
    };

export interface Comparison {
  run: RunInfo;
  other: RunInfo;
  nodes: {
    uniqueId: string;
    name: string;
    status: string | null;
    otherStatus: string | null;
    seconds: number | null;
    otherSeconds: number | null;
  }[];
}

/** What each operation takes and answers. */
export interface Operations {
  /** Every lab with its state, last and next run, score and what to look at. */
  listLabs: { parameters: {}; answer: LabList };
  /** One lab: sources, schedule, published versions, stages of its run. */
  getLab: { parameters: { lab: string }; answer: LabDetail };
  /** Sources, models and what lies between them, with the outcome of their last run. */
  getGraph: { parameters: { lab: string }; answer: Graph };
  /** One node of the graph: columns, tests, its SQL as written and as run. */
  getNode: { parameters: { lab: string; node: string }; answer: NodeDetail };
  /** Every file that was seen, from the lab's own ledger; not while the lab runs. */
  listFiles: { parameters: { lab: string }; answer: FileList };
  /** What changed between two published versions. */
  diffVersions: {
    parameters: { lab: string } & {
      before?: string;
      after?: string;
    };
    answer: Diff;
  };
  /** What is written about models, sources and columns, of one lab or all. */
  getDocs: {
    parameters: {
      lab?: string;
    };
    answer: Docs;
  };
  /** Runs, newest first; `cursor` is the `next` of the page before. */
  listRuns: {
    parameters: {
      lab?: string;
      status?: RunStatus;
      limit?: number;
      cursor?: string;
    };
    answer: RunList;
  };
  /** One run: steps, nodes on the time line, scores; `run` may be the end of an id, or `last`. */
  getRun: { parameters: { run: string }; answer: RunDetail };
  /** The log of a run; `after` is the `next` of the page before. */
  listRunEvents: {
    parameters: { run: string } & {
      after?: number;
      level?: "debug" | "info" | "warn" | "error";
      limit?: number;
    };
    answer: RunEvents;
  };
  /** What two runs of a lab did differently: nodes by status and time. */
  compareRuns: { parameters: { run: string; other: string }; answer: Comparison };
  /** Tables that are published or were scored. */
  listTables: { parameters: { lab: string }; answer: TableList };
  /** One table: profile of what is published, score with every lost point, tests. */
  getTable: { parameters: { lab: string; table: string }; answer: TableDetail };
  /** Rows of a published table, sorted and filtered there; `filter` is `column~text`, as often as wanted. */
  listRows: {
    parameters: { lab: string; table: string } & {
      offset?: number;
      limit?: number;
      sort?: string;
      descending?: "true" | "false";
      filter?: string | string[];
      version?: string;
    };
    answer: Grid;
  };
  /** Rows in quarantine by reason, and the rows; not while the lab runs. */
  getQuarantine: {
    parameters: { lab: string } & {
      table?: string;
      limit?: number;
    };
    answer: Quarantine;
  };
  /** Every row in quarantine as a CSV file, as `labs quarantine export` writes it; not while the lab runs. */
  exportQuarantine: {
    parameters: { lab: string } & {
      table?: string;
    };
    answer: string;
  };
  /** Load corrected rows; those that still do not fit stay in quarantine. */
  replayQuarantine: {
    parameters: { lab: string } & {
      rows: {
        table: string;
        load: number;
        record: number;
        row: string;
      }[];
    };
    answer: Replayed;
  };
  /** Ask what a lab has published: one SELECT, sandboxed, with a row and a time limit. */
  query: {
    parameters: {
      lab: string;
      sql: string;
      limit?: number;
      version?: string;
      /** To cancel it by; default: none */
      id?: string;
    };
    answer: Grid;
  };
  /** Stop a query that was asked with this id. */
  cancelQuery: { parameters: { id: string }; answer: Done };
  /** Rows that a test or an expectation does not accept now, from the working database; not while the lab runs. */
  listFailingRows: {
    parameters: { lab: string; test: string } & {
      limit?: number;
    };
    answer: Evidence;
  };
  /** Rows behind a lost point: `cause` counts the causes of the newest score from 0; not while the lab runs. */
  listLostRows: {
    parameters: { lab: string; table: string; cause: string } & {
      limit?: number;
    };
    answer: Evidence;
  };
  /** Where the columns of a node come from and what they become; not while the lab runs for the first time. */
  getColumnLineage: {
    parameters: { lab: string; node: string } & {
      column?: string;
      depth?: number;
    };
    answer: ColumnLineage;
  };
  /** What changed in a table between two published versions, with rows that differ. */
  getTableChanges: {
    parameters: { lab: string; table: string } & {
      before?: string;
      after?: string;
    };
    answer: TableChanges;
  };
  /** Every setting of a lab with the file and line it comes from, and the defaults of the rest; secrets are left out. */
  getSettings: { parameters: { lab: string }; answer: Settings };
  /** What a query of a lab may name: published tables with columns, functions, keywords. */
  getCatalogue: { parameters: { lab: string }; answer: Catalogue };
  /** Queries that are kept in the workspace, in shared/queries. */
  listQueries: { parameters: {}; answer: SavedQueries };
  /** Keep a query, or keep it under another name (`was`). */
  saveQuery: {
    parameters: {
      name: string;
      lab: string;
      sql: string;
      /** Its name so far: it is renamed */
      was?: string;
      /** Over another one of that name */
      replace?: boolean;
    };
    answer: SavedQueries;
  };
  /** Remove a kept query. */
  removeQuery: { parameters: { name: string }; answer: SavedQueries };
  /** What waits, runs and ran on the server, newest first. */
  listJobs: {
    parameters: {
      lab?: string;
      state?: JobState;
      limit?: number;
    };
    answer: JobList;
  };
  /** Run a lab; what is unchanged since its last run is not built again. */
  runLab: {
    parameters: { lab: string } & {
      /** dbt's selection */
      select?: string[];
      exclude?: string[];
      fullRefresh?: boolean;
      /** false: build models that did not change, too */
      changed?: boolean;
    };
    answer: Job;
  };
  /** Cancel a job: what waits is dropped, what runs stops at the next model. */
  cancelJob: { parameters: { job: string }; answer: Job };
  /** Keep schedules from running a lab. */
  pauseLab: {
    parameters: { lab: string } & {
      why?: string;
    };
    answer: LabRow;
  };
  /** Let schedules run a lab again. */
  resumeLab: { parameters: { lab: string }; answer: LabRow };
  /** What needs attention; machine, workers, queue and leases. */
  getHealth: { parameters: {}; answer: Health };
  /** Incidents with their causes and who was told, newest first. */
  listAlerts: {
    parameters: {
      state?: "open" | "over";
      limit?: number;
    };
    answer: Alerts;
  };
  /** Who did what through the API, newest first. */
  listAudit: {
    parameters: {
      limit?: number;
      cursor?: string;
    };
    answer: AuditList;
  };
  /** Who asks, and what may be done. */
  getSession: { parameters: {}; answer: Session };
  /** Begin a session with name and password, or with a token; it is kept in a cookie. */
  signIn: {
    parameters:
      | {
          user: string;
          password: string;
        }
      | {
          token: string;
        };
    answer: Done;
  };
  /** End the session. */
  signOut: { parameters: {}; answer: Done };
  /** What happens in the workspace, as it happens. */
  events: {
    parameters: {
      /** As the header Last-Event-ID: go on after this event */
      lastEventId?: string;
    };
    answer: LiveEvent;
  };
  /** The log of a run until it ends. */
  runLog: {
    parameters: { run: string } & {
      /** As the header Last-Event-ID: go on after this event */
      lastEventId?: string;
    };
    answer: RunLogEvent;
  };
}

/** How an operation is asked: what is neither in the path nor in `query` is the body. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: readonly string[];
  readonly body: boolean;
  /** Changes something, and takes an Idempotency-Key. */
  readonly action: boolean;
  readonly stream: boolean;
}

export const operations: { readonly [K in keyof Operations]: Asked } = {
  listLabs: { method: "GET", path: "/labs", query: [], body: false, action: false, stream: false },
  getLab: { method: "GET", path: "/labs/{lab}", query: [], body: false, action: false, stream: false },
  getGraph: { method: "GET", path: "/labs/{lab}/graph", query: [], body: false, action: false, stream: false },
  getNode: { method: "GET", path: "/labs/{lab}/nodes/{node}", query: [], body: false, action: false, stream: false },
  listFiles: { method: "GET", path: "/labs/{lab}/files", query: [], body: false, action: false, stream: false },
  diffVersions: {
    method: "GET",
    path: "/labs/{lab}/diff",
    query: ["before", "after"],
    body: false,
    action: false,
    stream: false,
  },
  getDocs: { method: "GET", path: "/docs", query: ["lab"], body: false, action: false, stream: false },
  listRuns: {
    method: "GET",
    path: "/runs",
    query: ["lab", "status", "limit", "cursor"],
    body: false,
    action: false,
    stream: false,
  },
  getRun: { method: "GET", path: "/runs/{run}", query: [], body: false, action: false, stream: false },
  listRunEvents: {
    method: "GET",
    path: "/runs/{run}/events",
    query: ["after", "level", "limit"],
    body: false,
    action: false,
    stream: false,
  },
  compareRuns: {
    method: "GET",
    path: "/runs/{run}/compare/{other}",
    query: [],
    body: false,
    action: false,
    stream: false,
  },
  listTables: { method: "GET", path: "/labs/{lab}/tables", query: [], body: false, action: false, stream: false },
  getTable: { method: "GET", path: "/labs/{lab}/tables/{table}", query: [], body: false, action: false, stream: false },
  listRows: {
    method: "GET",
    path: "/labs/{lab}/tables/{table}/rows",
    query: ["offset", "limit", "sort", "descending", "filter", "version"],
    body: false,
    action: false,
    stream: false,
  },
  getQuarantine: {
    method: "GET",
    path: "/labs/{lab}/quarantine",
    query: ["table", "limit"],
    body: false,
    action: false,
    stream: false,
  },
  exportQuarantine: {
    method: "GET",
    path: "/labs/{lab}/quarantine/csv",
    query: ["table"],
    body: false,
    action: false,
    stream: false,
  },
  replayQuarantine: {
    method: "POST",
    path: "/labs/{lab}/quarantine/replay",
    query: [],
    body: true,
    action: true,
    stream: false,
  },
  query: { method: "POST", path: "/query", query: [], body: true, action: false, stream: false },
  cancelQuery: { method: "POST", path: "/query/{id}/cancel", query: [], body: false, action: false, stream: false },
  listFailingRows: {
    method: "GET",
    path: "/labs/{lab}/tests/{test}/rows",
    query: ["limit"],
    body: false,
    action: false,
    stream: false,
  },
  listLostRows: {
    method: "GET",
    path: "/labs/{lab}/tables/{table}/lost/{cause}",
    query: ["limit"],
    body: false,
    action: false,
    stream: false,
  },
  getColumnLineage: {
    method: "GET",
    path: "/labs/{lab}/lineage/{node}",
    query: ["column", "depth"],
    body: false,
    action: false,
    stream: false,
  },
  getTableChanges: {
    method: "GET",
    path: "/labs/{lab}/tables/{table}/changes",
    query: ["before", "after"],
    body: false,
    action: false,
    stream: false,
  },
  getSettings: { method: "GET", path: "/labs/{lab}/settings", query: [], body: false, action: false, stream: false },
  getCatalogue: { method: "GET", path: "/labs/{lab}/catalogue", query: [], body: false, action: false, stream: false },
  listQueries: { method: "GET", path: "/queries", query: [], body: false, action: false, stream: false },
  saveQuery: { method: "POST", path: "/queries", query: [], body: true, action: true, stream: false },
  removeQuery: { method: "DELETE", path: "/queries/{name}", query: [], body: false, action: true, stream: false },
  listJobs: {
    method: "GET",
    path: "/jobs",
    query: ["lab", "state", "limit"],
    body: false,
    action: false,
    stream: false,
  },
  runLab: { method: "POST", path: "/labs/{lab}/runs", query: [], body: true, action: true, stream: false },
  cancelJob: { method: "POST", path: "/jobs/{job}/cancel", query: [], body: false, action: true, stream: false },
  pauseLab: { method: "POST", path: "/labs/{lab}/pause", query: [], body: true, action: true, stream: false },
  resumeLab: { method: "POST", path: "/labs/{lab}/resume", query: [], body: false, action: true, stream: false },
  getHealth: { method: "GET", path: "/health", query: [], body: false, action: false, stream: false },
  listAlerts: { method: "GET", path: "/alerts", query: ["state", "limit"], body: false, action: false, stream: false },
  listAudit: { method: "GET", path: "/audit", query: ["limit", "cursor"], body: false, action: false, stream: false },
  getSession: { method: "GET", path: "/session", query: [], body: false, action: false, stream: false },
  signIn: { method: "POST", path: "/session", query: [], body: true, action: false, stream: false },
  signOut: { method: "DELETE", path: "/session", query: [], body: false, action: false, stream: false },
  events: { method: "GET", path: "/events", query: ["lastEventId"], body: false, action: false, stream: true },
  runLog: {
    method: "GET",
    path: "/runs/{run}/stream",
    query: ["lastEventId"],
    body: false,
    action: false,
    stream: true,
  },
};
