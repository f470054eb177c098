import { createInterface, type Interface } from "node:readline";
import type { Session } from "./session.ts";

export interface TerminalOptions {
  session: Session;
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
  /** `lab` */
  name: string;
  /** Lines of earlier conversations, the newest first. */
  history: string[];
  /** Names that the tabulator completes. */
  words: string[];
}

/** Talks with somebody at a terminal until `.exit` or ctrl-D. Gives the lines that were typed, the newest first. */
export async function talk(options: TerminalOptions): Promise<string[]> {
  const { session, input, output, name, words } = options;
  let history = options.history;
  const lines: string[] = [];
  let wake = () => {};
  let over = false;
  const terminal: Interface = createInterface({
    input,
    output,
    terminal: true,
    history: [...options.history],
    historySize: 1000,
    removeHistoryDuplicates: true,
    prompt: "",
    completer: (line: string): [string[], string] => complete(line, words),
  });
  terminal.on("history", (now: string[]) => (history = now));
  terminal.on("line", (line) => {
    lines.push(line);
    wake();
  });
  terminal.on("close", () => {
    over = true;
    session.cancel();
    wake();
  });
  terminal.on("SIGINT", () => {
    const hadLine = terminal.line !== "";
    const had = session.cancel();
    if (hadLine) terminal.write(null, { ctrl: true, name: "u" });
    output.write(had || hadLine ? "\n" : "\n(.exit or ctrl-D leaves)\n");
    prompt();
  });
  const prompt = () => {
    terminal.setPrompt(session.unfinished ? `${" ".repeat(Math.max(0, name.length - 3))}...> ` : `${name}> `);
    terminal.prompt();
  };
  prompt();
  for (;;) {
    const line = lines.shift();
    if (line === undefined) {
      if (over) break;
      await new Promise<void>((resolve) => (wake = resolve));
      continue;
    }
    try {
      if (!(await session.line(line))) break;
    } catch (error) {
      session.tell(error);
    }
    if (!over && lines.length === 0) prompt();
  }
  if (over) output.write("\n");
  terminal.close();
  return history;
}

/** Completes the word before the cursor. */
function complete(line: string, words: readonly string[]): [string[], string] {
  const word = /[\w.]+$/.exec(line)?.[0] ?? "";
  if (word === "") return [[], word];
  const found = words.filter((candidate) => candidate.toLowerCase().startsWith(word.toLowerCase()));
  return [[...new Set(found)], word];
}
