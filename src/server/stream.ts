import type { FastifyReply, FastifyRequest } from "fastify";
import type { Ledger } from "#ledger/index.ts";
import type { EventHub } from "./events.ts";

/** A sign of life this often: proxies close what is silent. */
const pingMs = 20_000;
/** A client that reads so slowly is cut off; it comes back with the id of what it saw last. */
const mostBuffered = 1_000_000;
const lookMs = 400;

/** Begins a stream of server-sent events. `send` gives false once the client is gone. */
function stream(request: FastifyRequest, reply: FastifyReply) {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    connection: "keep-alive",
    "x-accel-buffering": "no",
  });
  raw.write("retry: 2000\n\n");
  const ping = setInterval(() => raw.write(": ping\n\n"), pingMs);
  let open = true;
  const ends: (() => void)[] = [];
  const close = () => {
    if (!open) return;
    open = false;
    clearInterval(ping);
    for (const end of ends) end();
    raw.end();
  };
  request.raw.on("close", close);
  raw.on("error", close);
  return {
    get open() {
      return open;
    },
    send(id: string, event: string, data: unknown): void {
      if (!open) return;
      raw.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
      if (raw.writableLength > mostBuffered) {
        close();
        raw.destroy();
      }
    },
    onEnd: (end: () => void) => ends.push(end),
    close,
  };
}

/** What happens in the workspace. */
export function streamEvents(request: FastifyRequest, reply: FastifyReply, hub: EventHub): void {
  const out = stream(request, reply);
  out.onEnd(hub.listen(({ id, event }) => out.send(id, event.type, event), lastIdOf(request)));
}

/** The log of a run from the ledger, until it ends; the id of an event is its number there, so that any server can go on. */
export async function streamRun(
  request: FastifyRequest,
  reply: FastifyReply,
  ledger: Ledger,
  run: string,
): Promise<void> {
  const out = stream(request, reply);
  let after = Number(lastIdOf(request) ?? -1);
  if (!Number.isInteger(after)) after = -1;
  let version = "";
  while (out.open) {
    const now = await ledger.version();
    if (now !== version) {
      version = now;
      const about = await ledger.run(run);
      for (const { seq, time, level, step, type, text } of await ledger.events(run, { after, limit: 5000 })) {
        out.send(String(seq), "log", { seq, time, level, step, type, text });
        after = seq;
      }
      if (about.status !== "running") {
        out.send(String(after), "end", { status: about.status });
        out.close();
        return;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}

function lastIdOf(request: FastifyRequest): string | undefined {
  const header = request.headers["last-event-id"];
  const query = (request.query as Record<string, unknown>)["lastEventId"];
  return typeof header === "string" ? header : typeof query === "string" ? query : undefined;
}
