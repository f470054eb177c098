import type { Socket } from "node:net";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AuditTrail } from "./audit.ts";
import type { Principal, ServerContext } from "./context.ts";
import { serverErrors } from "./errors.ts";
import { problemOf } from "./problem.ts";
import { wasHidden } from "./scope.ts";
import type { Problem } from "./types.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Name of what is done, for the audit log. */
    action?: string;
  }
}

/** Who asks, once that is known. */
export const askers = new WeakMap<FastifyRequest, Principal>();

/** Answers every error as problem+json, and notes in the audit log what was refused. */
export function refuseAsProblems(
  app: FastifyInstance,
  context: ServerContext,
  audit: AuditTrail,
  onDefect: (error: unknown) => void,
): void {
  app.setErrorHandler(async (error, request, reply) => {
    const own = fromFastify(error);
    const problem = problemOf(own, context.workspaces.root);
    if (problem.status >= 500) onDefect(own);
    if (isNoted(request, problem.code, own, audit)) {
      const { config, url = "" } = request.routeOptions;
      const noted = {
        who: askers.get(request)?.name ?? "nobody",
        action: config.action ?? `${request.method} ${url.replace("/api/v1", "")}`,
        subject: Object.values((request.params ?? {}) as Record<string, string>).join("/"),
      };
      // It is refused whether or not that can be written.
      await audit.refused(request.ip, noted, problem.code).catch(onDefect);
    }
    return answerProblem(reply, problem);
  });
  app.setNotFoundHandler((request) => {
    throw serverErrors.notFound({ message: `${request.method} ${request.url.slice(0, 200)} does not exist.` });
  });
}

/** Every attempt, every action, and whoever came with a token or a session that is none: reading without is no attempt. */
function isNoted(request: FastifyRequest, code: string, error: unknown, audit: AuditTrail): boolean {
  if (audit.isAttempt(code) || wasHidden(error) || request.routeOptions.config.action !== undefined) return true;
  return code === "SRV-003" && (request.method !== "GET" || request.headers.authorization !== undefined);
}

export const answerProblem = (reply: FastifyReply, problem: Problem): FastifyReply =>
  reply.code(problem.status).type("application/problem+json").send(problem);

/** What fastify refuses before a route sees it. */
export function fromFastify(error: unknown): unknown {
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
      ...(code.includes("_CTP_") && { hint: "Send JSON as application/json." }),
    });
  return error;
}

/** Answers what never became a request: one that is not there in time, or is no HTTP. */
export function refuseBrokenRequests(
  error: NodeJS.ErrnoException,
  socket: Socket,
  audit: AuditTrail,
  onDefect: (error: unknown) => void,
): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const late = error.code === "ERR_HTTP_REQUEST_TIMEOUT";
  const problem = problemOf(
    late
      ? serverErrors.tooSlow({ message: "The request was not there in time." })
      : serverErrors.badRequest({ message: "This is no HTTP request that can be read." }),
  );
  if (late) {
    const noted = { who: "nobody", action: "request", subject: "" };
    void audit.refused(socket.remoteAddress ?? "", noted, problem.code).catch(onDefect);
  }
  const body = JSON.stringify(problem);
  const reason = late ? "408 Request Timeout" : "400 Bad Request";
  if (socket.writable)
    socket.write(
      `HTTP/1.1 ${reason}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  socket.destroySoon();
}
