/** What a verb may touch of the outside world; tests pass their own. */
export interface Io {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Results: what a pipe should get. No newline is added. */
  out(text: string): void;
  /** Progress and messages for people. No newline is added. */
  err(text: string): void;
  /** stdout is a terminal. */
  isTTY: boolean;
  /** Colours are wanted on stdout (terminal, no NO_COLOR, not `-o json`). */
  color: boolean;
  /** Columns of the terminal, 80 when unknown. */
  width: number;
  /** Aborted by ctrl-C or SIGTERM. */
  signal: AbortSignal;
}

/** Options that every verb takes; parsed by the dispatcher, before the verb's own. */
export interface GlobalOptions {
  /** `-o json`: one JSON document on stdout and nothing else. */
  output: "text" | "json";
  /** `--workspace <folder>`: where to look for the workspace instead of the current folder. */
  workspace?: string;
  /** `--trace`: stack traces with errors. */
  trace: boolean;
  quiet: boolean;
}

/**
 * One verb of `labs`. A verb's file exports `const verb: Verb`; it is loaded only when used.
 * Options are declared as data so that `--help`, the docs and the shell completion come from one place.
 */
export interface Verb {
  /** Arguments after the verb, as in usage lines: `<lab>`, `[lab...]`. */
  arguments?: { name: string; description: string; required?: boolean; variadic?: boolean }[];
  options?: VerbOption[];
  /** Shown by `--help`: full command lines with a comment. */
  examples: { command: string; does: string }[];
  /** What the exit codes mean here, beyond 0 ok, 1 data or project failed, 2 wrong usage or configuration. */
  exitNotes?: string;
  /** `labs dbt` passes everything after it through untouched. */
  passThrough?: boolean;
  /** It runs until it is stopped: after ctrl-C or SIGTERM the exit code is its own. */
  endsBySignal?: boolean;
  /** Resolves to the exit code; throws LabsError for everything a person should read. */
  run(input: VerbInput): Promise<number>;
}

export interface VerbOption {
  /** `-s, --select <expr...>`, `--dry-run`. */
  flags: string;
  description: string;
  default?: string | number | boolean;
  choices?: string[];
}

export interface VerbInput {
  io: Io;
  global: GlobalOptions;
  args: string[];
  /** By camel-cased long name: `--full-refresh` is `fullRefresh`, `--no-wait` makes `wait` false. */
  options: Record<string, unknown>;
}
