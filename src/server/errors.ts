import { catalogue } from "#errors/index.ts";

export const serverErrors = catalogue("server", {
  portTaken: {
    code: "SRV-001",
    title: "Port cannot be opened",
    exit: 2,
    doc: "Another program listens on the port that was asked for, or the address is not one of this machine. Choose another with `--port`, or leave it out: then a free one is taken.",
  },
  needsTokens: {
    code: "SRV-002",
    title: "Nobody could sign in",
    exit: 2,
    doc: "The API is only offered to other machines when it asks who is there. Make a user with `labs users add <name> --role admin`, or a token with `labs tokens add`, before starting with `--host`.",
  },
  notSignedIn: {
    code: "SRV-003",
    title: "Not signed in",
    exit: 2,
    doc: "The request carries no valid token and no session, or the name and password do not fit: send `Authorization: Bearer <token>`, or sign in on the page.",
  },
  forbidden: {
    code: "SRV-004",
    title: "Not allowed",
    exit: 2,
    doc: "The role of the user or token does not allow this here. viewer looks and asks, operator also runs, cancels and pauses, admin also sees the audit log. Roles may differ from lab to lab.",
  },
  badRequest: {
    code: "SRV-005",
    title: "Request that cannot be understood",
    exit: 2,
    doc: "A parameter or the body is not what /api/v1/openapi.json describes; `data.problems` says which.",
  },
  notFound: {
    code: "SRV-006",
    title: "No such thing",
    exit: 2,
    doc: "The address, or what it names, does not exist.",
  },
  refusedOrigin: {
    code: "SRV-007",
    title: "Request from a foreign page",
    exit: 2,
    doc: "The request names a host that this server does not answer for, or comes from another site, or lacks the page's CSRF token. It was not carried out.",
  },
  tooLarge: {
    code: "SRV-008",
    title: "Request too large",
    exit: 2,
    doc: "Bodies of requests are at most one megabyte.",
  },
  tooMany: {
    code: "SRV-009",
    title: "Too many attempts",
    exit: 2,
    retryable: true,
    doc: "Somebody tried too many tokens or passwords from this address or for this name, or asks more questions or listens to more streams at once than are allowed. Wait a minute.",
  },
  readOnly: {
    code: "SRV-010",
    title: "Nothing can be run from here",
    exit: 2,
    doc: "`labs ui` only shows a workspace. Start `labs serve`: its page runs, cancels and pauses labs.",
  },
  keyReused: {
    code: "SRV-011",
    title: "Idempotency key of another request",
    exit: 2,
    doc: "An Idempotency-Key stands for one request. This one was used for another, or that one is still being carried out.",
  },
  onlySelect: {
    code: "SRV-012",
    title: "Only one SELECT",
    exit: 2,
    doc: "The query page runs one statement that reads what is published: SELECT, FROM, WITH, VALUES, DESCRIBE, SUMMARIZE or EXPLAIN. Nothing else is run.",
  },
  timedOut: {
    code: "SRV-013",
    title: "Query took too long",
    exit: 1,
    doc: "Queries of the page are stopped after a time. Narrow it down, or ask with `labs query`, which has no limit.",
  },
  noGraph: {
    code: "SRV-014",
    title: "No graph yet",
    exit: 1,
    doc: "The graph and the documentation are drawn from the manifest that a run of the lab writes. Run the lab once.",
  },
  confined: {
    code: "SRV-015",
    title: "Questions reach what is published only",
    exit: 2,
    doc: "A query of the page reads tables of one published version. Files, the network, other databases, extensions and what DuckDB knows of this machine are out of its reach.",
  },
  tooSlow: {
    code: "SRV-016",
    title: "Client is too slow",
    exit: 2,
    retryable: true,
    doc: "A request must be there within 30 seconds, and who listens to a stream must read it: a client that leaves a megabyte of it unread is cut off. It may come back with the id of what it saw last.",
  },
  leavesFolder: {
    code: "SRV-017",
    title: "Address that climbs",
    exit: 2,
    doc: "The address has `..`, a backslash or a zero byte as a part of its path, written out or encoded. Nothing here is called so.",
  },
});
