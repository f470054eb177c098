import type { OwnStep } from "#registry/index.ts";

/** What a step does, in a few words: `command: python3 fetch.py`. */
export function stepInWords({ action }: OwnStep): string {
  switch (action.kind) {
    case "command":
      return `command: ${action.words.join(" ")}`;
    case "shell":
      return `command: ${firstLine(action.line)}`;
    case "script":
      return `script: ${action.file}`;
    case "sql-file":
      return `sql: ${action.file}`;
    case "sql":
      return `sql: ${firstLine(action.text)}`;
  }
}

function firstLine(text: string): string {
  const [first = "", ...more] = text.trim().split("\n");
  return more.length > 0 ? `${first} …` : first;
}
