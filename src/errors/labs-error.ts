/** Where something is wrong. Lines and columns count from 1; `source` is the file's text, for a code frame. */
export interface Place {
  file: string;
  line?: number;
  column?: number;
  source?: string;
  /** Callers, innermost first: how the place was reached (macro stack). */
  stack?: { file: string; line?: number; column?: number; name?: string }[];
}

export interface ErrorDefinition {
  /** Permanent code such as `REG-003`; never reused for another meaning. */
  code: string;
  /** One short line without data: what kind of problem this is. */
  title: string;
  /** Exit code of a command that ends with this error: 1 the data or the project failed, 2 wrong usage or configuration. */
  exit: 1 | 2;
  /** Whether the same action may succeed later without anybody changing anything. */
  retryable?: boolean;
  /** For the docs: when it happens and how to get out of it. */
  doc: string;
}

export interface ErrorDetails {
  /** What is wrong, with the data: a whole sentence. */
  message: string;
  place?: Place;
  /** What to do, as an imperative sentence. */
  hint?: string;
  cause?: unknown;
  /** Machine-readable facts for `-o json`. */
  data?: Record<string, unknown>;
}

/** An error made for a person: see {@link ErrorDefinition} for what its code promises. */
export class LabsError extends Error {
  readonly code: string;
  readonly title: string;
  readonly exit: 1 | 2;
  readonly retryable: boolean;
  readonly place: Place | undefined;
  readonly hint: string | undefined;
  readonly data: Record<string, unknown> | undefined;

  constructor(definition: ErrorDefinition, details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "LabsError";
    this.code = definition.code;
    this.title = definition.title;
    this.exit = definition.exit;
    this.retryable = definition.retryable ?? false;
    this.place = details.place;
    this.hint = details.hint;
    this.data = details.data;
  }
}

/** True for errors made by a {@link catalogue}, also when they crossed a process as JSON and were revived. */
export function isLabsError(value: unknown): value is LabsError {
  return value instanceof LabsError;
}

const catalogues = new Map<string, Record<string, ErrorDefinition>>();

/** Every catalogue that was loaded so far, by room; the docs of errors are generated from it. */
export function allCatalogues(): ReadonlyMap<string, Record<string, ErrorDefinition>> {
  return catalogues;
}

type Makers<T> = { readonly [K in keyof T]: (details: ErrorDetails) => LabsError };

/**
 * Declares a room's errors. Returns one function a name that makes the error:
 * `throw errors.labUnknown({ message, hint })`.
 */
export function catalogue<T extends Record<string, ErrorDefinition>>(room: string, definitions: T): Makers<T> {
  catalogues.set(room, definitions);
  const makers: Record<string, (details: ErrorDetails) => LabsError> = {};
  for (const [name, definition] of Object.entries(definitions)) {
    makers[name] = (details) => new LabsError(definition, details);
  }
  return makers as Makers<T>;
}
