import type { Io } from "./io.ts";

export interface Stdio extends Io {
  /** Whether anything went to stdout. */
  wrote(): boolean;
  /** Colours are wanted on stderr. */
  errorColor: boolean;
  /** Resolves when everything is handed to the system. */
  flush(): Promise<void>;
}

/** The process's own streams. A reader that went away (`labs list | head -1`) is no error: what follows is dropped. */
export function processIo(options: { output: "text" | "json"; noColor: boolean }, signal: AbortSignal): Stdio {
  const { stdout, stderr, env } = process;
  let wrote = false;
  const closed = new Set<NodeJS.WriteStream>();
  for (const stream of [stdout, stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
      closed.add(stream);
    });
  }
  const write = (stream: NodeJS.WriteStream, text: string) => {
    if (!closed.has(stream) && text !== "") stream.write(text);
  };
  const allowed = !options.noColor && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  const forced = !options.noColor && env["FORCE_COLOR"] !== undefined && !/^(0|false)?$/.test(env["FORCE_COLOR"]);
  const drained = (stream: NodeJS.WriteStream) =>
    new Promise<void>((resolve) => {
      if (closed.has(stream) || stream.destroyed) resolve();
      else stream.write("", () => resolve());
    });
  return {
    cwd: process.cwd(),
    env,
    out(text) {
      wrote = true;
      write(stdout, text);
    },
    err: (text) => write(stderr, text),
    isTTY: stdout.isTTY === true,
    color: options.output === "text" && (forced || (allowed && stdout.isTTY === true)),
    errorColor: forced || (allowed && stderr.isTTY === true),
    width: stdout.columns || 80,
    signal,
    wrote: () => wrote,
    flush: async () => {
      await drained(stdout);
      await drained(stderr);
    },
  };
}
