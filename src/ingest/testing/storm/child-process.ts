import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

/** Where packages are found from. */
const repository = join(import.meta.dirname, "../../../..");

/** The loading program as one file: it starts in half the time, and a storm starts it a thousand times. */
export async function bundle(): Promise<{ script: string; dispose: () => void }> {
  const folder = join(repository, "node_modules", ".cache", `storm-${process.pid}`);
  const script = join(folder, "child.mjs");
  await build({
    entryPoints: [join(import.meta.dirname, "child.ts")],
    outfile: script,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "warning",
  });
  return { script, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Starts a load. `blocks`: most kilobytes of a file. Resolves with its exit code (null after a signal) and its last word. */
export function run(script: string, folder: string, offset = 0, blocks?: number) {
  const words = [process.execPath, script, folder, String(offset)];
  const limited = ["bash", "-c", `trap '' XFSZ; ulimit -f ${blocks}; exec "$@"`, "bash", ...words];
  const [command = "", ...rest] = blocks === undefined ? words : limited;
  const env = { ...process.env, TMPDIR: folder, NODE_COMPILE_CACHE: join(script, "..", "compiled") };
  const child: ChildProcess = spawn(command, rest, { stdio: ["ignore", "pipe", "ignore"], env });
  let last = "start";
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  child.stdout?.on("data", (text: Buffer) => {
    last = text.toString().trim().split("\n").at(-1) ?? last;
    begin();
  });
  const ended = new Promise<[number | null, string]>((resolve) => child.on("close", (code) => resolve([code, last])));
  void ended.then(() => begin());
  return { process: child, begun, ended, said: () => last };
}
