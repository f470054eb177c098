import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import * as z from "zod";
import { AuditTrail } from "./audit.ts";
import { checked } from "./checked.ts";
import type { ServerContext } from "./context.ts";
import { described } from "./described.ts";
import { metricsOf } from "./metrics.ts";
import { once } from "./once.ts";
import { inside } from "./look/inside.ts";
import { openApi } from "./openapi.ts";
import { servePages } from "./pages.ts";
import { problemOf } from "./problem.ts";
import { answerProblem, askers, fromFastify, refuseAsProblems, refuseBrokenRequests } from "./refusals.ts";
import { type Described, Download, Ready, type Route } from "./route.ts";
import { evidenceRoutes } from "./routes/evidence.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { labRoutes } from "./routes/labs.ts";
import { lookRoutes } from "./routes/look.ts";
import { queryRoutes } from "./routes/queries.ts";
import { runRoutes } from "./routes/runs.ts";
import { tableRoutes } from "./routes/tables.ts";
import { Scope } from "./scope.ts";
import { guardHosts, highestRole, principalOf, requireOwnPage, requireRole } from "./security.ts";
import { Attempts } from "./sessions.ts";
import { addSessionRoutes } from "./sign-in.ts";
import { Streams } from "./stream.ts";

const routes: readonly Route[] = [
  ...labRoutes,
  ...runRoutes,
  ...tableRoutes,
  ...evidenceRoutes,
  ...queryRoutes,
  ...jobRoutes,
  ...lookRoutes,
];
/** Everything that can be asked, in the order of the document. */
export const operations: readonly Described[] = [...routes, ...described];

export interface AppOptions {
  /** Names beside localhost that this server answers for. */
  hosts: readonly string[];
  /** Folder of the built pages. */
  pages: string;
  /** Defects, for the server's log. */
  onDefect: (error: unknown) => void;
  /** A proxy stands in front: it tells in X-Forwarded-For and X-Forwarded-Proto who asks, and how. */
  behindProxy?: boolean;
  /** Checks every answer against its schema; for tests. */
  checkAnswers?: boolean;
  /** A request must be there within this many milliseconds; default 30,000. */
  requestMs?: number;
  /** Streams give a sign of life, and those who listen are looked at again, this often; default 20,000 milliseconds. */
  pingMs?: number;
}

/** What every route needs. */
interface Server {
  context: ServerContext;
  attempts: Attempts;
  audit: AuditTrail;
  options: AppOptions;
}

/** The HTTP application of a workspace: API, event streams, metrics, pages. */
export function buildApp(context: ServerContext, options: AppOptions): FastifyInstance {
  const { requestMs = 30_000, onDefect } = options;
  const audit = new AuditTrail(context.ledger);
  const app = fastify({
    logger: false,
    bodyLimit: 1_000_000,
    // The next one only: what it was told by others is not believed.
    trustProxy: options.behindProxy === true && ((_address: string, hop: number) => hop === 0),
    requestTimeout: requestMs,
    http: { headersTimeout: requestMs, connectionsCheckingInterval: Math.min(5_000, requestMs) },
    frameworkErrors: (error, request, reply) => void answerProblem(reply, problemOf(fromFastify(error))),
    clientErrorHandler: (error, socket) => refuseBrokenRequests(error, socket, audit, onDefect),
    // A stream that is open must not keep the server from ending.
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 500 },
  });
  const attempts = new Attempts();
  const server = { context, attempts, audit, options };
  guardHosts(app, options.hosts);
  refuseAsProblems(app, context, audit, onDefect);
  addSessionRoutes(app, context, attempts, audit);

  let document: object | undefined;
  app.get("/api/v1/openapi.json", async () => (document ??= openApi(operations, context.version)));
  const streams = new Streams(options.pingMs ?? 20_000, (request) => {
    const noted = {
      who: askers.get(request)?.name ?? "nobody",
      action: `GET ${request.routeOptions.url}`,
      subject: "",
    };
    void audit.refused(request.ip, noted, "SRV-016").catch(onDefect);
  });
  const looks = (request: FastifyRequest) => () => scopeOf(request, server);
  app.get("/api/v1/events", async (request, reply) => {
    streams.events(request, reply, context.hub, await scopeOf(request, server), looks(request));
  });
  app.get<{ Params: { run: string } }>("/api/v1/runs/:run/stream", async (request, reply) => {
    const { id } = await (await scopeOf(request, server)).run(request.params.run);
    void streams
      .run(request, reply, context.ledger, id, context.workspaces.root, looks(request))
      .catch((error: unknown) => {
        onDefect(error);
        reply.raw.destroy();
      });
  });
  app.get("/metrics", async (request, reply) => {
    const text = await metricsOf(context, await scopeOf(request, server));
    return reply.type("text/plain; version=0.0.4; charset=utf-8").send(text);
  });
  for (const route of routes) addRoute(app, route, server);
  servePages(app, options.pages);
  return app;
}

/** What somebody who may look at something sees. Errors: SRV-003, SRV-009. */
async function scopeOf(request: FastifyRequest, { context, attempts }: Server): Promise<Scope> {
  const principal = await principalOf(request, context, attempts);
  requireRole(principal, "viewer");
  askers.set(request, principal);
  return new Scope(context, principal, "viewer");
}

function addRoute(app: FastifyInstance, route: Route, server: Server): void {
  const { context, attempts, audit, options } = server;
  app.route({
    method: route.method,
    url: `/api/v1${route.path.replace(/\{(\w+)\}/g, ":$1")}`,
    config: route.action === undefined ? {} : { action: route.action },
    handler: async (request, reply) => {
      const params = request.params as Record<string, string>;
      const principal = await principalOf(request, context, attempts);
      if (principal) askers.set(request, principal);
      requireRole(principal && { ...principal, role: highestRole(principal) }, route.role);
      if (route.method !== "GET") requireOwnPage(request);
      const scope = new Scope(context, principal as NonNullable<typeof principal>, route.role);
      if (route.whole && !scope.whole) requireRole({ ...scope.principal, role: "viewer" }, "admin", " at some labs");
      if (params["lab"] !== undefined) scope.lab(params["lab"]);
      const query = checked(route.query ?? z.strictObject({}), request.query, "query");
      const body = route.body ? checked(route.body, request.body ?? {}, "body") : undefined;
      const gone = new AbortController();
      reply.raw.on("close", () => gone.abort());
      const asked = { params, query, body, principal: scope.principal, scope, context, signal: gone.signal };
      const { root } = context.workspaces;
      void reply.header("cache-control", "no-store").type("application/json; charset=utf-8");
      void reply.code(route.status ?? 200);
      if (route.action === undefined) {
        const answer = await route.handle(asked);
        if (!(answer instanceof Download)) return reply.send(jsonOf(answer, route, root, options));
        void reply.header("content-disposition", `attachment; filename="${answer.name}"`);
        return reply.type(`${route.produces ?? "application/octet-stream"}; charset=utf-8`).send(answer.bytes);
      }
      const work = async () => {
        const answer = await route.handle(asked);
        return route.data ? answer : inside(answer, root);
      };
      const { answer, again } = await once(context, request, route, asked, work);
      // What cannot be recorded is not allowed to look done.
      if (!again) {
        const subject = Object.values(params).join("/");
        await audit.done(request, { who: scope.principal.name, action: route.action, subject });
      }
      return reply.send(answer);
    },
  });
}

/** An answer as it is sent: JSON, without the workspace's folder unless it is data. */
function jsonOf(answer: unknown, route: Route, root: string, { checkAnswers }: AppOptions): Buffer | string {
  let json = answer instanceof Ready ? answer.json : JSON.stringify(answer);
  // Nearly no answer has it.
  if (!route.data && json.includes(JSON.stringify(root).slice(1, -1)))
    json = JSON.stringify(inside(JSON.parse(json.toString()), root));
  if (checkAnswers) route.response.parse(JSON.parse(json.toString()));
  return json;
}
