import type { Readable } from "node:stream";
import type * as z from "zod";
import type { Role } from "#ledger/index.ts";
import type { Principal, ServerContext } from "./context.ts";
import type { Scope } from "./scope.ts";

/** What a route is given: checked already. */
export interface Asked<Q, B> {
  params: Record<string, string>;
  query: Q;
  body: B;
  principal: Principal;
  /** What the principal may see, with the role that the route needs. */
  scope: Scope;
  context: ServerContext;
  /** Aborted when the client goes away. */
  signal: AbortSignal;
}

/** An answer that is JSON already, in bytes. */
export class Ready {
  readonly json: Buffer;
  constructor(json: Buffer) {
    this.json = json;
  }
}

/** An answer that a browser keeps as a file of this name; its type is what the route `produces`. */
export class Download {
  readonly name: string;
  readonly bytes: Readable;
  constructor(name: string, bytes: Readable) {
    this.name = name;
    this.bytes = bytes;
  }
}

/** What is told of an operation. */
export interface Described<
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
  R extends z.ZodType = z.ZodType,
> {
  /** `listLabs`: names the operation in the OpenAPI document, and its function in the client. */
  id: string;
  method: "GET" | "POST" | "DELETE";
  /** As OpenAPI writes it: `/labs/{lab}`, below /api/v1. */
  path: string;
  summary: string;
  tag: string;
  /** Needed at the lab that is asked about; where it is none, anywhere. Undefined: anybody may ask. */
  role?: Role;
  /** Concerns all labs: only for those who may see them all. */
  whole?: boolean;
  query?: Q;
  body?: B;
  response: R;
  status?: number;
  /** Rows of tables, which are given as they are: from other answers the workspace's folder is taken out. */
  data?: boolean;
  /** Written to the audit log under this name, and taken with an Idempotency-Key. */
  action?: string;
  /** Default: application/json. Of a stream `response` is the data of an event. */
  produces?: "text/event-stream" | "text/csv";
}

export interface RouteSpec<Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType> extends Described<Q, B, R> {
  role: Role;
  handle: (asked: Asked<z.infer<Q>, z.infer<B>>) => Promise<z.infer<R> | Ready | Download>;
}

/** A route as the application has it. */
export type Route = RouteSpec<z.ZodType, z.ZodType, z.ZodType>;

/** Declares a route; its types come from its schemas. */
export function route<Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(spec: RouteSpec<Q, B, R>): Route {
  return spec as unknown as Route;
}
