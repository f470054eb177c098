import type { Verb } from "./io.ts";

export interface VerbEntry {
  summary: string;
  group: "workspace" | "run" | "look" | "dbt";
  load: () => Promise<{ verb: Verb }>;
}

/** Every verb, in the order of `labs --help`. Loading is lazy: `--help` must not pay for a verb. */
export const verbs: Record<string, VerbEntry> = {
  init: { group: "workspace", summary: "Create a workspace", load: () => import("./verbs/init.ts") },
  new: { group: "workspace", summary: "Add a lab from a template", load: () => import("./verbs/new.ts") },
  add: { group: "workspace", summary: "Register an existing folder as a lab", load: () => import("./verbs/add.ts") },
  list: { group: "workspace", summary: "List the labs", load: () => import("./verbs/list.ts") },
  paths: { group: "workspace", summary: "Show every path of a lab", load: () => import("./verbs/paths.ts") },
  doctor: {
    group: "workspace",
    summary: "Check labs for everything that can be wrong",
    load: () => import("./verbs/doctor.ts"),
  },
  "demo-data": {
    group: "workspace",
    summary: "Generate example data, clean or dirty",
    load: () => import("./verbs/demo-data.ts"),
  },
  backup: {
    group: "workspace",
    summary: "Back a lab's database up, also while it is in use",
    load: () => import("./verbs/backup.ts"),
  },
  restore: {
    group: "workspace",
    summary: "Put a backup in the place of a lab's database",
    load: () => import("./verbs/restore.ts"),
  },
  prune: {
    group: "workspace",
    summary: "Take old loads out of a lab's raw tables",
    load: () => import("./verbs/prune.ts"),
  },
  run: { group: "run", summary: "Load, transform, test, inspect and score labs", load: () => import("./verbs/run.ts") },
  ingest: { group: "run", summary: "Load new files only", load: () => import("./verbs/ingest.ts") },
  publish: {
    group: "run",
    summary: "Give readers what was built, list versions, go back to one",
    load: () => import("./verbs/publish.ts"),
  },
  export: {
    group: "run",
    summary: "Write published tables as files, or labs for Airflow or Prefect",
    load: () => import("./verbs/export.ts"),
  },
  serve: { group: "run", summary: "Run labs by their schedules until stopped", load: () => import("./verbs/serve.ts") },
  worker: {
    group: "run",
    summary: "Run jobs of a queue that several hosts share",
    load: () => import("./verbs/worker.ts"),
  },
  ledger: {
    group: "run",
    summary: "Take the history of a workspace along to PostgreSQL",
    load: () => import("./verbs/ledger.ts"),
  },
  users: {
    group: "run",
    summary: "Users who sign in on the page from elsewhere, and their roles",
    load: () => import("./verbs/users.ts"),
  },
  tokens: {
    group: "run",
    summary: "Tokens of programs that use the API from elsewhere",
    load: () => import("./verbs/tokens.ts"),
  },
  schedule: {
    group: "run",
    summary: "Show when labs run by themselves",
    load: () => import("./verbs/schedule.ts"),
  },
  jobs: { group: "run", summary: "Show what the server runs, and what waits", load: () => import("./verbs/jobs.ts") },
  cancel: { group: "run", summary: "Cancel jobs", load: () => import("./verbs/cancel.ts") },
  pause: { group: "run", summary: "Keep schedules from running a lab", load: () => import("./verbs/pause.ts") },
  resume: { group: "run", summary: "Let schedules run a lab again", load: () => import("./verbs/resume.ts") },
  test: { group: "run", summary: "Run a lab's dbt tests and expectations", load: () => import("./verbs/test.ts") },
  inspect: {
    group: "look",
    summary: "Look at schemas, tables, columns and their quality",
    load: () => import("./verbs/inspect.ts"),
  },
  lineage: {
    group: "look",
    summary: "Show where columns come from and what uses them",
    load: () => import("./verbs/lineage.ts"),
  },
  query: { group: "look", summary: "Ask what a lab has published", load: () => import("./verbs/query.ts") },
  shell: {
    group: "look",
    summary: "Talk SQL with what a lab has published",
    load: () => import("./verbs/shell.ts"),
  },
  diff: {
    group: "look",
    summary: "Show what changed between two published versions",
    load: () => import("./verbs/diff.ts"),
  },
  files: { group: "look", summary: "Show the file ledger of a lab", load: () => import("./verbs/files.ts") },
  quarantine: {
    group: "look",
    summary: "List, show, export, replay or drop quarantined rows",
    load: () => import("./verbs/quarantine.ts"),
  },
  ui: { group: "look", summary: "Open the page of the workspace in the browser", load: () => import("./verbs/ui.ts") },
  status: { group: "look", summary: "Show the last run of every lab", load: () => import("./verbs/status.ts") },
  health: {
    group: "look",
    summary: "Show what needs attention, with an exit code for monitors",
    load: () => import("./verbs/health.ts"),
  },
  alerts: {
    group: "look",
    summary: "List incidents and messages, test a channel, send what is due",
    load: () => import("./verbs/alerts.ts"),
  },
  history: { group: "look", summary: "Show earlier runs", load: () => import("./verbs/history.ts") },
  report: {
    group: "look",
    summary: "Report a run as text, Markdown, HTML or JUnit XML",
    load: () => import("./verbs/report.ts"),
  },
  logs: { group: "look", summary: "Show the log of a run", load: () => import("./verbs/logs.ts") },
  dbt: {
    group: "dbt",
    summary: "Run any dbt command on a lab's project, or on a bare dbt project",
    load: () => import("./verbs/dbt.ts"),
  },
};
