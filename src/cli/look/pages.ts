import { join } from "node:path";
import { modifiedAt } from "#registry/index.ts";
import type { RunningServer, StartOptions } from "#server/index.ts";
import { cliErrors } from "../errors.ts";
import type { VerbInput } from "../io.ts";

/** Where the build put the browser's pages: beside the program, or in the clone's dist. */
function pagesFolder(): string {
  const folders = [join(import.meta.dirname, "web"), join(import.meta.dirname, "..", "..", "..", "dist", "web")];
  return folders.find((folder) => modifiedAt(join(folder, "index.html"))) ?? (folders[0] as string);
}

/** Serves a workspace's page by the options of a verb. Errors: CLI-002, SRV-001, SRV-002. */
export async function startPages(
  { io, options, global }: VerbInput,
  workspace: string,
  more: Pick<StartOptions, "readOnly"> = {},
): Promise<RunningServer> {
  const [{ startServer }, { default: manifest }] = await Promise.all([
    import("#server/index.ts"),
    import("../../../package.json", { with: { type: "json" } }),
  ]);
  return startServer({
    workspace,
    pages: pagesFolder(),
    version: manifest.version,
    ...(options["port"] !== undefined && { port: portOf(options["port"]) }),
    ...(options["host"] !== undefined && { host: String(options["host"]) }),
    ...(options["allowHost"] !== undefined && { hosts: options["allowHost"] as string[] }),
    ...(options["behindProxy"] === true && { behindProxy: true }),
    onDefect: (error) => {
      const text = error instanceof Error ? (global.trace ? error.stack : error.message) : String(error);
      io.err(`The page met a defect: ${text}\n`);
    },
    ...more,
  });
}

function portOf(value: unknown): number {
  const port = Number(value);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw cliErrors.usage({ message: `--port is a number from 0 (any) to 65535, not ${String(value)}.` });
}
