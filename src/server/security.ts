import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Role, sessionMs, type SessionOwner } from "#ledger/index.ts";
import type { Principal, ServerContext } from "./context.ts";
import { serverErrors } from "./errors.ts";
import { type Attempts, csrfFits, isAnonymous } from "./sessions.ts";

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

/** Whether a server answers for the host that a request names: this machine's own names, and those in lower case. */
export function answersFor(named: string | undefined, allowed: ReadonlySet<string>): boolean {
  const host = hostOf(named);
  return loopback.has(host) || allowed.has(host);
}

const hostOf = (named = ""): string => named.toLowerCase().replace(/:\d+$/, "");

/**
 * Refuses hosts that are not ours (a name that somebody points at this address) and addresses that climb, and dresses every
 * answer.
 */
export function guardHosts(app: FastifyInstance, allowed: readonly string[]): void {
  const names = new Set(allowed.map((name) => name.toLowerCase()));
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(headers);
    if (climbs(request.url))
      throw serverErrors.leavesFolder({ message: "This address leads nowhere.", hint: "Remove `..` from its path." });
    if (answersFor(request.headers.host, names)) return;
    const host = hostOf(request.headers.host);
    throw serverErrors.refusedOrigin({
      message: `This server does not answer for the host ${host.slice(0, 100) || "(none)"}.`,
      hint: "Use the address that `labs serve` printed, or allow the name with `--allow-host`.",
    });
  });
}

/** Whether a part of the path is `..`, or holds what file systems or C read otherwise; encoded twice counts, too. */
function climbs(url: string): boolean {
  const [path = ""] = url.split("?");
  const plain = path.replace(/%25/g, "%").replace(/%2f/gi, "/").replace(/%5c/gi, "\\").replace(/%2e/gi, ".");
  return /(?:^|[/\\])\.\.(?:[/\\]|$)|\\|%00|\0/.test(plain);
}

export function cookieOf(request: FastifyRequest): string | undefined {
  for (const part of (request.headers.cookie ?? "").split(";")) {
    const [name, value] = part.trim().split("=");
    if (name === cookieName) return value;
  }
  return undefined;
}

export function setCookie(reply: FastifyReply, id: string, secure: boolean): void {
  const age = id === "" ? 0 : sessionMs / 1000;
  void reply.header(
    "set-cookie",
    `${cookieName}=${id}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${age}${secure ? "; Secure" : ""}`,
  );
}

/** Who asks; undefined for nobody. Errors: SRV-003 for a wrong token, SRV-009 after too many. */
export async function principalOf(
  request: FastifyRequest,
  context: ServerContext,
  attempts: Attempts,
): Promise<Principal | undefined> {
  const { authorization } = request.headers;
  if (authorization !== undefined) return ofToken(authorization, request.ip, context, attempts);
  const cookie = cookieOf(request);
  const owner = cookie && !isAnonymous(cookie) ? await context.ledger.sessions.owner(cookie, new Date()) : undefined;
  if (owner) return ofOwner(owner, context);
  return context.needsToken ? undefined : { name: "local", role: "admin", labs: null };
}

async function ofToken(
  authorization: string,
  address: string,
  context: ServerContext,
  attempts: Attempts,
): Promise<Principal> {
  const secret = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  const token = secret && (await context.ledger.access.tokenOf(secret, new Date()));
  // Nobody guesses 192 bits: who comes with a right one is let in whatever others try from the same address.
  if (token) return token;
  if (!attempts.mayTry(address))
    throw serverErrors.tooMany({ message: "Too many wrong tokens from this address.", hint: "Wait a minute." });
  attempts.tries(address);
  throw serverErrors.notSignedIn({ message: "The token is not known, or has expired.", hint: "labs tokens" });
}

/** Who was removed, or has another password now, is nobody. */
async function ofOwner(owner: SessionOwner, { ledger }: ServerContext): Promise<Principal | undefined> {
  if ("token" in owner) return ledger.access.token(owner.token, new Date());
  const user = await ledger.users.byId(owner.user);
  return user?.passwordAt === owner.passwordAt ? user : undefined;
}

const ranks: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };
export const atLeast = (role: Role, wanted: Role): boolean => ranks[role] >= ranks[wanted];

/** The most that somebody may do anywhere; with roles at some labs only, never what concerns all of them. */
export function highestRole({ role, labs }: Principal): Role {
  if (labs === null) return role;
  return Object.values(labs).some((own) => atLeast(own, "operator")) ? "operator" : "viewer";
}

/** Errors: SRV-003, SRV-004. */
export function requireRole(principal: Principal | undefined, role: Role, where = ""): asserts principal is Principal {
  if (!principal)
    throw serverErrors.notSignedIn({
      message: "This is for those who are signed in.",
      hint: "Sign in, or send `Authorization: Bearer <token>`; `labs users add` and `labs tokens add` let somebody in.",
    });
  if (atLeast(principal.role, role)) return;
  throw serverErrors.forbidden({
    message: `${principal.name} is ${principal.role}${where}; this needs the role ${role}.`,
    hint: "Ask somebody who has it.",
  });
}

/**
 * What changes something comes from our own page (its CSRF token says so), carries a token of its own, or comes from a
 * program on this machine: browsers name the page that sends them, programs do not. Errors: SRV-007.
 */
export function requireOwnPage(request: FastifyRequest): void {
  if (request.headers.authorization !== undefined) return;
  requireSameOrigin(request);
  const { origin } = request.headers;
  const site = request.headers["sec-fetch-site"];
  const cookie = cookieOf(request);
  if (cookie ? csrfFits(cookie, request.headers["x-csrf-token"]) : origin === undefined && site === undefined) return;
  throw foreign("lacks the page's CSRF token");
}

/** For signing in, when nobody has a CSRF token yet: a page of another site cannot do it for somebody. Errors: SRV-007. */
export function requireSameOrigin(request: FastifyRequest): void {
  const { origin, host } = request.headers;
  const site = request.headers["sec-fetch-site"];
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`)
    throw foreign("comes from another site");
  if (site !== undefined && site !== "same-origin" && site !== "none") throw foreign("comes from another site");
}

const foreign = (why: string) =>
  serverErrors.refusedOrigin({ message: `The request ${why}.`, hint: "Reload the page and try again." });
