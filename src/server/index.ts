/** HTTP: the API, its event streams, metrics, and the pages of the browser. */
export { serverErrors } from "./errors.ts";
export { openApi } from "./openapi.ts";
export { startServer } from "./start.ts";
export type { RunningServer, StartOptions } from "./start.ts";
