import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import * as z from "zod";
import type { Principal, ServerContext } from "./context.ts";
import { workspaceOf } from "./context.ts";
import { serverErrors } from "./errors.ts";
import { metricsOf } from "./metrics.ts";
import { openApi } from "./openapi.ts";
import { servePages } from "./pages.ts";
import { problemOf } from "./problem.ts";
import { Ready, type Route } from "./route.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { labRoutes } from "./routes/labs.ts";
import { lookRoutes } from "./routes/look.ts";
import { runRoutes } from "./routes/runs.ts";
import { tableRoutes } from "./routes/tables.ts";
import { loginRequest } from "./schemas.ts";
import { cookieOf, guardHosts, principalOf, requireOwnPage, requireRole, setCookie } from "./security.ts";
import { Sessions } from "./sessions.ts";
import { streamEvents, streamRun } from "./stream.ts";
import type { Session } from "./types.ts";

export const routes: readonly Route[] = [...labRoutes, ...runRoutes, ...tableRoutes, ...jobRoutes, ...lookRoutes];

export interface AppOptions {
  /** Names beside localhost that this server answers for. */
  hosts: readonly string[];
  /** Folder of the built pages. */
  pages: string;
  /** Defects, for the server's log. */
  onDefect: (error: unknown) => void;
  /** Checks every answer against its schema; for tests. */
  checkAnswers?: boolean;
}

/** The HTTP application of a workspace: API, event streams, metrics, pages. */
export function buildApp(context: ServerContext, options: AppOptions): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: 1_000_000,
    requestTimeout: 30_000,
    // A stream that is open must not keep the server from ending.
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 500 },
  });
  const sessions = new Sessions();
  const signedIn = (request: FastifyRequest) => principalOf(request, context, sessions);
  guardHosts(app, options.hosts);
  app.setErrorHandler((error, request, reply) => refuse(error, request, reply, options));
  app.setNotFoundHandler((request) => {
    throw serverErrors.notFound({ message: `${request.method} ${request.url.slice(0, 200)} does not exist.` });
  });

  app.get("/api/v1/openapi.json", async () => openApi(routes, context.version));
  app.get("/api/v1/session", async (request, reply) => beginSession(request, reply, context, sessions));
  app.post("/api/v1/session", async (request, reply) => signIn(request, reply, context, sessions));
  app.delete("/api/v1/session", async (request, reply) => {
    requireOwnPage(request, sessions);
    sessions.end(cookieOf(request) ?? "");
    setCookie(reply, "", request.protocol === "https");
    return { done: true };
  });
  app.get("/api/v1/events", async (request, reply) => {
    requireRole(await signedIn(request), "viewer");
    streamEvents(request, reply, context.hub);
  });
  app.get<{ Params: { run: string } }>("/api/v1/runs/:run/stream", async (request, reply) => {
    requireRole(await signedIn(request), "viewer");
    const { id } = await context.ledger.run(request.params.run);
    void streamRun(request, reply, context.ledger, id).catch((error: unknown) => {
      options.onDefect(error);
      reply.raw.destroy();
    });
  });
  app.get("/metrics", async (request, reply) => {
    requireRole(await signedIn(request), "viewer");
    return reply.type("text/plain; version=0.0.4; charset=utf-8").send(await metricsOf(context));
  });
  for (const route of routes) addRoute(app, route, context, sessions, options);
  servePages(app, options.pages);
  return app;
}

function addRoute(
  app: FastifyInstance,
  route: Route,
  context: ServerContext,
  sessions: Sessions,
  options: AppOptions,
): void {
  app.route({
    method: route.method,
    url: `/api/v1${route.path.replace(/\{(\w+)\}/g, ":$1")}`,
    handler: async (request, reply) => {
      const params = request.params as Record<string, string>;
      let principal: Principal | undefined;
      try {
        principal = await principalOf(request, context, sessions);
        requireRole(principal, route.role);
        if (route.method !== "GET") requireOwnPage(request, sessions);
      } catch (error) {
        // Reading that is refused harms nobody; trying to change something is worth a line.
        if (route.method !== "GET") await audit(context, request, route, params, principal, problemOf(error).code);
        throw error;
      }
      const query = checked(route.query ?? z.strictObject({}), request.query, "query");
      const body = route.body ? checked(route.body, request.body ?? {}, "body") : undefined;
      const gone = new AbortController();
      reply.raw.on("close", () => gone.abort());
      const work = () =>
        route.handle({ params, query, body, principal: principal as Principal, context, signal: gone.signal });
      void reply.header("cache-control", "no-store");
      const status = route.status ?? 200;
      if (route.action === undefined) {
        const answer = answered(await work(), route, options);
        return reply.code(status).type("application/json; charset=utf-8").send(answer);
      }
      try {
        const { answer, again } = await once(context, request, route, params, body, principal, async () =>
          answered(await work(), route, options),
        );
        if (!again) await audit(context, request, route, params, principal, null);
        return reply.code(status).send(answer);
      } catch (error) {
        await audit(context, request, route, params, principal, problemOf(error).code);
        throw error;
      }
    },
  });
}

function answered(answer: unknown, route: Route, { checkAnswers }: AppOptions): unknown {
  const text = answer instanceof Ready ? answer.text : undefined;
  return checkAnswers ? route.response.parse(JSON.parse(text ?? JSON.stringify(answer))) : (text ?? answer);
}

function checked(type: z.ZodType, value: unknown, what: string): unknown {
  const result = type.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => ({ at: path.join("."), message }));
  const [first] = problems;
  throw serverErrors.badRequest({
    message: `The ${what} is not as expected${first ? `: ${first.at ? `${first.at}: ` : ""}${first.message}` : ""}.`,
    hint: "/api/v1/openapi.json describes it.",
    data: { problems },
  });
}

/** Does an action once for an Idempotency-Key; asked again, it gives the same answer. Errors: SRV-011. */
async function once(
  context: ServerContext,
  request: FastifyRequest,
  route: Route,
  params: object,
  body: unknown,
  principal: Principal,
  work: () => Promise<unknown>,
): Promise<{ answer: unknown; again: boolean }> {
  const given = request.headers["idempotency-key"];
  if (given === undefined) return { answer: await work(), again: false };
  if (typeof given !== "string" || given === "" || given.length > 200)
    throw serverErrors.badRequest({ message: "An Idempotency-Key has 1 to 200 characters." });
  const { access } = context.ledger;
  const key = `${principal.name}:${given}`;
  const begun = await access.begin(key, JSON.stringify([route.method, route.path, params, body]), new Date());
  if (begun.is === "other")
    throw serverErrors.keyReused({
      message: "This Idempotency-Key was used for another request.",
      hint: "Use a new one.",
    });
  if (begun.is === "same") {
    if (begun.answer !== null) return { answer: JSON.parse(begun.answer) as unknown, again: true };
    throw serverErrors.keyReused({ message: "The request with this Idempotency-Key is still being carried out." });
  }
  try {
    const answer = await work();
    await access.answer(key, { status: route.status ?? 200, answer: JSON.stringify(answer) });
    return { answer, again: false };
  } catch (error) {
    await access.answer(key, null).catch(() => {});
    throw error;
  }
}

/** Errors of the audit log itself fail the request: what cannot be recorded is not allowed to look done. */
async function audit(
  context: ServerContext,
  request: FastifyRequest,
  route: Route,
  params: Record<string, string>,
  principal: Principal | undefined,
  refusal: string | null,
): Promise<void> {
  if (route.action === undefined && refusal === null) return;
  await context.ledger.access.audit(
    {
      who: principal?.name ?? "nobody",
      address: request.ip,
      action: route.action ?? `${route.method} ${route.path}`,
      subject: Object.values(params).join("/").slice(0, 200),
      outcome: refusal === null ? "done" : "refused",
      detail: refusal,
    },
    new Date(),
  );
}

/** What the page needs to know of itself; a browser that has no session gets one, for its CSRF token. */
async function beginSession(
  request: FastifyRequest,
  reply: FastifyReply,
  context: ServerContext,
  sessions: Sessions,
): Promise<Session> {
  const principal = await principalOf(request, context, sessions);
  let id = cookieOf(request);
  if (principal && !sessions.find(id) && request.headers.authorization === undefined) {
    id = sessions.begin(null);
    setCookie(reply, id, request.protocol === "https");
  }
  void reply.header("cache-control", "no-store");
  return {
    who: principal?.name ?? null,
    role: principal?.role ?? null,
    needsToken: context.needsToken,
    readOnly: context.readOnly,
    csrf: principal && id !== undefined ? sessions.csrfOf(id) : null,
    workspace: principal ? (workspaceOf(context).root.split(/[/\\]/).at(-1) ?? "") : "",
    version: context.version,
  };
}

async function signIn(
  request: FastifyRequest,
  reply: FastifyReply,
  context: ServerContext,
  sessions: Sessions,
): Promise<{ done: boolean }> {
  requireOwnPage(request, sessions);
  const { token: secret } = checked(loginRequest, request.body, "body") as z.infer<typeof loginRequest>;
  const note = (who: string, outcome: "done" | "refused", detail: string | null) =>
    context.ledger.access.audit(
      { who, address: request.ip, action: "login", subject: "", outcome, detail },
      new Date(),
    );
  if (!sessions.mayTry(request.ip)) {
    await note("nobody", "refused", "SRV-009");
    throw serverErrors.tooMany({ message: "Too many wrong tokens from this address.", hint: "Wait a minute." });
  }
  const token = await context.ledger.access.tokenOf(secret, new Date());
  if (!token) {
    sessions.failed(request.ip);
    await note("nobody", "refused", "SRV-003");
    throw serverErrors.notSignedIn({
      message: "The token is not known, or has expired.",
      hint: "`labs tokens` lists them.",
    });
  }
  await note(token.name, "done", null);
  setCookie(reply, sessions.begin(token.id), request.protocol === "https");
  return { done: true };
}

function refuse(error: unknown, _request: FastifyRequest, reply: FastifyReply, { onDefect }: AppOptions): void {
  const own = fromFastify(error);
  const problem = problemOf(own);
  if (problem.status >= 500) onDefect(own);
  void reply.code(problem.status).type("application/problem+json").send(problem);
}

/** What fastify refuses before a route sees it. */
function fromFastify(error: unknown): unknown {
  const {
    code = "",
    statusCode = 500,
    message = "",
  } = error as { code?: string; statusCode?: number; message?: string };
  if (!code.startsWith("FST_") && statusCode >= 500) return error;
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE")
    return serverErrors.tooLarge({ message: "The body is larger than one megabyte." });
  if (code.startsWith("FST_") && statusCode < 500)
    return serverErrors.badRequest({
      message: `${message.replace(/\.$/, "")}.`,
      hint: "Send JSON as application/json.",
    });
  return error;
}
