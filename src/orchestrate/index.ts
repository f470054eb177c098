/** Runs labs by themselves: schedules, the queue's workers, the server and its clients. */
export { orchestrateErrors } from "./errors.ts";
export { Schedule, schedulesOf } from "./schedule/schedule.ts";
export type { MissedPolicy } from "./schedule/schedule.ts";
export { dueJobs } from "./schedule/plan.ts";
export { heartbeatMs, serve } from "./serve/server.ts";
export type { ServeOptions } from "./serve/server.ts";
export { connectToServer, ServerClient } from "./serve/client.ts";
export type { JobEnd } from "./serve/client.ts";
export { readServerFile } from "./serve/server-file.ts";
export type { ServerFile } from "./serve/server-file.ts";
export { serveJob } from "./serve/job-worker.ts";
export { jobWorkerFlag } from "./serve/protocol.ts";
export type { JobOptions, ServerEvent, ServerStatus } from "./serve/protocol.ts";
