/** HTTP: the API, its event streams, metrics, and the pages of the browser. */
import type { FilesOptions, ServedFiles } from "./serve-files.ts";
import type { RunningServer, StartOptions } from "./start.ts";

export { serverErrors } from "./errors.ts";
export type { RunningServer, StartOptions } from "./start.ts";

/** See `start.ts`. It brings fastify and zod, which nothing else of this room needs: it is loaded when used. */
export const startServer = async (options: StartOptions): Promise<RunningServer> =>
  (await import("./start.ts")).startServer(options);

/** See `serve-files.ts`. */
export const serveFiles = async (options: FilesOptions): Promise<ServedFiles> =>
  (await import("./serve-files.ts")).serveFiles(options);

/** What the API answers, for `labs -o json`: the same things have the same names and values there. */
export { healthOf } from "./look/health.ts";
export { incidentsFor } from "./look/incidents.ts";
export { jobJson } from "./look/jobs.ts";
export { LabRows } from "./look/lab-rows.ts";
export { fileJson } from "./look/live.ts";
export { runDetail, runJson, scoreJson } from "./look/runs.ts";
export { scheduleJson } from "./look/schedules.ts";
export { everything } from "./look/sight.ts";
export { Workspaces } from "./look/workspaces.ts";
