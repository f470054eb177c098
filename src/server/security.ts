import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Role } from "#ledger/index.ts";
import type { Principal, ServerContext } from "./context.ts";
import { serverErrors } from "./errors.ts";
import type { Sessions } from "./sessions.ts";

export const cookieName = "labs_session";

const headers: Record<string, string> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
};

/** Names by which this machine may be called without anybody having allowed it. */
const loopback = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Refuses hosts that are not ours (a name that somebody points at this address), and dresses every answer. */
export function guardHosts(app: FastifyInstance, allowed: readonly string[]): void {
  const names = new Set([...loopback, ...allowed.map((name) => name.toLowerCase())]);
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(headers);
    const host = (request.headers.host ?? "").toLowerCase().replace(/:\d+$/, "");
    if (names.has(host)) return;
    throw serverErrors.refusedOrigin({
      message: `This server does not answer for the host ${host.slice(0, 100) || "(none)"}.`,
      hint: "Use the address that `labs serve` printed, or allow the name with `--allow-host`.",
    });
  });
}

export function cookieOf(request: FastifyRequest): string | undefined {
  for (const part of (request.headers.cookie ?? "").split(";")) {
    const [name, value] = part.trim().split("=");
    if (name === cookieName) return value;
  }
  return undefined;
}

export function setCookie(reply: FastifyReply, id: string, secure: boolean): void {
  const age = id === "" ? 0 : 12 * 3600;
  void reply.header(
    "set-cookie",
    `${cookieName}=${id}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${age}${secure ? "; Secure" : ""}`,
  );
}

/** Who asks; undefined for nobody. Errors: SRV-003 for a wrong token, SRV-009 after too many. */
export async function principalOf(
  request: FastifyRequest,
  context: ServerContext,
  sessions: Sessions,
): Promise<Principal | undefined> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    if (!sessions.mayTry(request.ip))
      throw serverErrors.tooMany({ message: "Too many wrong tokens from this address.", hint: "Wait a minute." });
    const secret = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    const token = secret && (await context.ledger.access.tokenOf(secret, new Date()));
    if (token) return { name: token.name, role: token.role, token };
    sessions.failed(request.ip);
    throw serverErrors.notSignedIn({ message: "The token is not known, or has expired.", hint: "labs tokens" });
  }
  const session = sessions.find(cookieOf(request));
  if (session?.token) {
    const token = await context.ledger.access.token(session.token, new Date());
    return token && { name: token.name, role: token.role, token };
  }
  return context.needsToken ? undefined : { name: "local", role: "admin", token: null };
}

const ranks: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

/** Errors: SRV-003, SRV-004. */
export function requireRole(principal: Principal | undefined, role: Role): asserts principal is Principal {
  if (!principal)
    throw serverErrors.notSignedIn({
      message: "This needs a token.",
      hint: "Sign in, or send `Authorization: Bearer <token>`; `labs tokens add` makes one.",
    });
  if (ranks[principal.role] >= ranks[role]) return;
  throw serverErrors.forbidden({
    message: `${principal.name} is ${principal.role}; this needs the role ${role}.`,
    hint: "Ask somebody who has it.",
  });
}

/**
 * What changes something comes from our own page (its CSRF token says so), carries a token of its own, or comes from a
 * program on this machine: browsers name the page that sends them, programs do not. Errors: SRV-007.
 */
export function requireOwnPage(request: FastifyRequest, sessions: Sessions): void {
  if (request.headers.authorization !== undefined) return;
  const { origin, host } = request.headers;
  const site = request.headers["sec-fetch-site"];
  const cookie = cookieOf(request);
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`)
    throw foreign("comes from another site");
  if (site !== undefined && site !== "same-origin" && site !== "none") throw foreign("comes from another site");
  const given = request.headers["x-csrf-token"];
  if (cookie !== undefined && sessions.find(cookie)) {
    if (sessions.csrfFits(cookie, typeof given === "string" ? given : undefined)) return;
    throw foreign("lacks the page's CSRF token");
  }
  if (origin !== undefined || site !== undefined) throw foreign("lacks the page's CSRF token");
}

const foreign = (why: string) =>
  serverErrors.refusedOrigin({ message: `The request ${why}.`, hint: "Reload the page and try again." });
