import { isLabsError, type Place } from "./labs-error.ts";

/** The shape of an error in `-o json` output. */
export interface ErrorJson {
  code: string;
  title: string;
  message: string;
  hint?: string;
  place?: { file: string; line?: number; column?: number };
  retryable: boolean;
  data?: Record<string, unknown>;
}

/** An error as plain data; anything that is not ours gets the code `INTERNAL`. */
export function errorToJson(error: unknown): ErrorJson {
  if (!isLabsError(error)) {
    const message = error instanceof Error ? error.message : String(error);
    return { code: "INTERNAL", title: "Unexpected error", message, retryable: false };
  }
  const { place } = error;
  return {
    code: error.code,
    title: error.title,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(place === undefined
      ? {}
      : {
          place: {
            file: place.file,
            ...(place.line && { line: place.line }),
            ...(place.column && { column: place.column }),
          },
        }),
    retryable: error.retryable,
    ...(error.data === undefined ? {} : { data: error.data }),
  };
}

const position = (p: { file: string; line?: number; column?: number }): string =>
  [p.file, p.line, p.column].filter((part) => part !== undefined).join(":");

function codeFrame(place: Place): string[] {
  if (place.source === undefined || place.line === undefined) return [];
  const lines = place.source.split(/\r?\n/);
  const from = Math.max(1, place.line - 2);
  const to = Math.min(lines.length, place.line + 1);
  const width = String(to).length;
  const frame: string[] = [];
  for (let n = from; n <= to; n++) {
    const text = (lines[n - 1] ?? "").slice(0, 160);
    frame.push(`  ${n === place.line ? ">" : " "} ${String(n).padStart(width)} | ${text}`);
    if (n === place.line && place.column !== undefined && place.column <= 160) {
      const indent = text.slice(0, place.column - 1).replace(/[^\t]/g, " ");
      frame.push(`    ${" ".repeat(width)} | ${indent}^`);
    }
  }
  return frame;
}

/**
 * An error as lines for a terminal: code and message, place with a code frame, hint.
 * `trace` adds the stack of anything, for bug reports.
 */
export function renderError(error: unknown, options: { color?: boolean; trace?: boolean } = {}): string {
  const paint = (code: number, text: string) => (options.color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const lines: string[] = [];
  if (isLabsError(error)) {
    lines.push(`${paint(31, `error[${error.code}]`)}: ${error.message}`);
    if (error.place) {
      lines.push(`  at ${paint(36, position(error.place))}`);
      for (const caller of error.place.stack ?? []) lines.push(`  called from ${position(caller)}`);
      lines.push(...codeFrame(error.place));
    }
    if (error.hint) lines.push(`  ${paint(32, "fix")}: ${error.hint}`);
  } else {
    const message = error instanceof Error ? error.message : String(error);
    lines.push(`${paint(31, "error[INTERNAL]")}: ${message}`);
    lines.push(
      `  ${paint(32, "fix")}: this is a defect of buildcpg-labs; run again with --trace and report what it prints.`,
    );
  }
  if (options.trace && error instanceof Error && error.stack) lines.push(error.stack);
  return lines.join("\n");
}
