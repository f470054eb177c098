import type { FastifyReply, FastifyRequest } from "fastify";
import type { Ledger } from "#ledger/index.ts";
import { serverErrors } from "./errors.ts";
import type { EventHub } from "./events.ts";
import { inside } from "./look/inside.ts";
import type { Scope } from "./scope.ts";
import type { LiveEvent } from "./types.ts";

/** A client that leaves so many bytes unread is cut off; it comes back with the id of what it saw last. */
const mostBuffered = 1_000_000;
/** Streams at a time. */
const mostStreams = 1_000;
const lookMs = 400;

interface Stream {
  readonly open: boolean;
  send(text: string): void;
  onEnd(end: () => void): void;
  close(): void;
}

/** An event as it goes over the line. */
export const eventText = (id: string, event: string, data: string): string =>
  `id: ${id}\nevent: ${event}\ndata: ${data}\n\n`;

/** Streams of server-sent events that are open. */
export class Streams {
  readonly #pingMs: number;
  readonly #onDropped: (request: FastifyRequest) => void;
  #open = 0;

  /** `onDropped`: a client did not read. */
  constructor(pingMs: number, onDropped: (request: FastifyRequest) => void) {
    this.#pingMs = pingMs;
    this.#onDropped = onDropped;
  }

  /** What happens in the labs that somebody may see. `look` tells that anew; it fails when it is nothing any more. */
  events(request: FastifyRequest, reply: FastifyReply, hub: EventHub, scope: Scope, look: () => Promise<Scope>): void {
    let now = scope;
    const out = this.#begin(request, reply, async () => {
      now = await look();
    });
    const stop = hub.listen((events, text) => {
      if (now.whole) out.send(text());
      else {
        const seen = events.filter(({ event }) => isSeen(event, now));
        if (seen.length > 0) out.send(seen.map((each) => each.text).join(""));
      }
    }, lastIdOf(request));
    out.onEnd(stop);
  }

  /** The log of a run from the ledger, until it ends; the id of an event is its number there, so that any server can go on. */
  async run(
    request: FastifyRequest,
    reply: FastifyReply,
    ledger: Ledger,
    run: string,
    root: string,
    look: () => Promise<Scope>,
  ): Promise<void> {
    const out = this.#begin(request, reply, async () => void (await (await look()).run(run)));
    let after = Number(lastIdOf(request) ?? -1);
    if (!Number.isInteger(after)) after = -1;
    let version = "";
    while (out.open) {
      const now = await ledger.version();
      if (now !== version) {
        version = now;
        const about = await ledger.run(run);
        for (const { seq, time, level, step, type, text } of await ledger.events(run, { after, limit: 5000 })) {
          out.send(
            eventText(String(seq), "log", JSON.stringify({ seq, time, level, step, type, text: inside(text, root) })),
          );
          after = seq;
        }
        if (about.status !== "running") {
          out.send(eventText(String(after), "end", JSON.stringify({ status: about.status })));
          out.close();
          return;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, lookMs));
    }
  }

  /** Begins a stream; `stillAllowed` fails when its reader may not listen any more. Errors: SRV-009. */
  #begin(request: FastifyRequest, reply: FastifyReply, stillAllowed: () => Promise<void>): Stream {
    if (this.#open >= mostStreams)
      throw serverErrors.tooMany({ message: "Too many streams are open.", hint: "Close some, or wait." });
    this.#open++;
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
    let open = true;
    const ends: (() => void)[] = [];
    const ping = setInterval(() => {
      send(": ping\n\n");
      stillAllowed().catch(close);
    }, this.#pingMs);
    const close = () => {
      if (!open) return;
      open = false;
      this.#open--;
      clearInterval(ping);
      for (const end of ends) end();
      raw.end();
    };
    const send = (text: string) => {
      if (!open) return;
      raw.write(text);
      if (raw.writableLength <= mostBuffered) return;
      // While the connection is there: then it is known from where.
      this.#onDropped(request);
      close();
      raw.destroy();
    };
    request.raw.on("close", close);
    raw.on("error", close);
    return {
      get open() {
        return open;
      },
      send,
      onEnd: (end) => (open ? ends.push(end) : end()),
      close,
    };
  }
}

const isSeen = (event: LiveEvent, scope: Scope): boolean =>
  !("lab" in event) || scope.sees(typeof event.lab === "string" ? event.lab : event.lab.name);

function lastIdOf(request: FastifyRequest): string | undefined {
  const header = request.headers["last-event-id"];
  const query = (request.query as Record<string, unknown>)["lastEventId"];
  return typeof header === "string" ? header : typeof query === "string" ? query : undefined;
}
