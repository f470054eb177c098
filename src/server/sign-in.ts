import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type * as z from "zod";
import type { SessionOwner } from "#ledger/index.ts";
import type { AuditTrail } from "./audit.ts";
import { checked } from "./checked.ts";
import type { ServerContext } from "./context.ts";
import { serverErrors } from "./errors.ts";
import { loginRequest } from "./schemas.ts";
import { cookieOf, highestRole, principalOf, requireOwnPage, requireSameOrigin, setCookie } from "./security.ts";
import { anonymousSession, type Attempts, csrfOf } from "./sessions.ts";
import type { Session } from "./types.ts";

/** Passwords that are checked at a time: each takes 32 MB and a core for a moment. */
const sideBySide = 2;

/** `/session`: who asks, signing in with a password or a token, signing out. */
export function addSessionRoutes(
  app: FastifyInstance,
  context: ServerContext,
  attempts: Attempts,
  audit: AuditTrail,
): void {
  let checking = 0;
  app.get("/api/v1/session", async (request, reply) => beginSession(request, reply, context, attempts));
  app.delete("/api/v1/session", async (request, reply) => {
    const who = await principalOf(request, context, attempts);
    requireOwnPage(request);
    await context.ledger.sessions.end(cookieOf(request) ?? "");
    setCookie(reply, "", request.protocol === "https");
    if (who) await audit.done(request, { who: who.name, action: "logout", subject: "" });
    return { done: true };
  });
  app.post("/api/v1/session", { config: { action: "login" } }, async (request, reply) => {
    requireSameOrigin(request);
    const given = checked(loginRequest, request.body, "body") as z.infer<typeof loginRequest>;
    const counted = [request.ip, ...("user" in given ? [`user ${given.user}`] : [])];
    if (!counted.every((whose) => attempts.mayTry(whose)) || checking >= sideBySide + 8)
      throw serverErrors.tooMany({ message: "Too many attempts to sign in.", hint: "Wait a minute." });
    for (const whose of counted) attempts.tries(whose);
    checking++;
    const found = await signIn(context, given).finally(() => checking--);
    if (!found)
      throw serverErrors.notSignedIn({
        message: "user" in given ? "Name and password do not fit." : "The token is not known, or has expired.",
        hint: "user" in given ? "`labs users passwd` sets a new password." : "`labs tokens` lists them.",
      });
    for (const whose of counted) attempts.fitted(whose);
    // A session of before is none of the one who signs in now.
    await context.ledger.sessions.end(cookieOf(request) ?? "");
    await audit.done(request, { who: found.name, action: "login", subject: "" });
    setCookie(reply, await context.ledger.sessions.begin(found.owner, new Date()), request.protocol === "https");
    return { done: true };
  });
}

async function signIn(
  { ledger }: ServerContext,
  given: z.infer<typeof loginRequest>,
): Promise<{ name: string; owner: SessionOwner } | undefined> {
  if ("token" in given) {
    const token = await ledger.access.tokenOf(given.token, new Date());
    return token && { name: token.name, owner: { token: token.id } };
  }
  const user = await ledger.users.signIn(given.user, given.password, new Date());
  return user && { name: user.name, owner: { user: user.id, passwordAt: user.passwordAt } };
}

/** What the page needs to know of itself; a browser that has no session gets one, for its CSRF token. */
async function beginSession(
  request: FastifyRequest,
  reply: FastifyReply,
  context: ServerContext,
  attempts: Attempts,
): Promise<Session> {
  const principal = await principalOf(request, context, attempts);
  let id = cookieOf(request);
  if (principal && !id && request.headers.authorization === undefined) {
    id = anonymousSession();
    setCookie(reply, id, request.protocol === "https");
  }
  void reply.header("cache-control", "no-store");
  return {
    who: principal?.name ?? null,
    role: principal ? highestRole(principal) : null,
    labs: principal?.labs ?? null,
    needsToken: context.needsToken,
    readOnly: context.readOnly,
    csrf: principal && id ? csrfOf(id) : null,
    workspace: principal ? (context.workspaces.root.split(/[/\\]/).at(-1) ?? "") : "",
    version: context.version,
  };
}
