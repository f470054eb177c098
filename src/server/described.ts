import * as z from "zod";
import type { Described } from "./route.ts";
import * as schemas from "./schemas.ts";

const lastEventId = z.strictObject({
  lastEventId: z.string().optional().meta({ description: "As the header Last-Event-ID: go on after this event" }),
});

/** Operations that are no routes of one question and one answer: sessions, streams, metrics. */
export const described: readonly Described[] = [
  {
    id: "getSession",
    method: "GET",
    path: "/session",
    summary: "Who asks, and what may be done",
    tag: "access",
    response: schemas.session,
  },
  {
    id: "signIn",
    method: "POST",
    path: "/session",
    summary: "Begin a session with name and password, or with a token; it is kept in a cookie",
    tag: "access",
    body: schemas.loginRequest,
    response: schemas.done,
  },
  {
    id: "signOut",
    method: "DELETE",
    path: "/session",
    summary: "End the session",
    tag: "access",
    response: schemas.done,
  },
  {
    id: "events",
    method: "GET",
    path: "/events",
    summary: "What happens in the workspace, as it happens",
    tag: "events",
    role: "viewer",
    query: lastEventId,
    response: schemas.liveEvent,
    produces: "text/event-stream",
  },
  {
    id: "runLog",
    method: "GET",
    path: "/runs/{run}/stream",
    summary: "The log of a run until it ends",
    tag: "events",
    role: "viewer",
    query: lastEventId,
    response: schemas.runLogEvent,
    produces: "text/event-stream",
  },
];
