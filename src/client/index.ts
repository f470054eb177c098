/** A typed client of the API of `labs serve`, for Node and browsers: `buildcpg-labs/client`. */
export { createClient } from "./client.ts";
export type { CallOptions, Client, ClientOptions, Streamed, StreamOptions } from "./client.ts";
export { ApiError } from "./errors.ts";
export type * from "./operations.ts";
