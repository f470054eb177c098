import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

/** What a server does with a request: a status, no answer at all, a broken connection, or an answer that never ends. */
export type Behaviour = number | "stall" | "drop" | "endless" | { status: number; headers: Record<string, string> };

/** A web server on this machine that behaves as told, request by request; the last behaviour stays. */
export class WebhookServer {
  readonly requests: { headers: IncomingHttpHeaders; body: string }[] = [];
  behaviour: Behaviour[] = [200];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += chunk));
      request.on("end", () => {
        const now = this.behaviour.length > 1 ? this.behaviour.shift() : this.behaviour[0];
        if (now === "drop") return void request.socket.destroy();
        this.requests.push({ headers: request.headers, body });
        if (now === "stall") return;
        if (now === "endless") return void response.writeHead(200).write("{");
        const { status, headers } = typeof now === "object" ? now : { status: now ?? 200, headers: {} };
        response.writeHead(status, headers).end("an answer with https://secret.example.com/token");
      });
    });
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  async start(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** A mail server on this machine that keeps what it gets. `refuse`: the number to answer with, by what is refused. */
export class MailServer {
  readonly mails: string[] = [];
  refuse: Partial<Record<"mail" | "rcpt" | "data", number>> = {};
  readonly #server: SMTPServer;

  constructor(options: SMTPServerOptions = {}) {
    const answer = (stage: "mail" | "rcpt" | "data", done: (error?: Error | null) => void) => {
      const code = this.refuse[stage];
      done(code === undefined ? null : Object.assign(new Error("you@example.com may not"), { responseCode: code }));
    };
    this.#server = new SMTPServer({
      disabledCommands: ["STARTTLS", ...(options.onAuth ? [] : ["AUTH"])],
      allowInsecureAuth: true,
      authOptional: true,
      onMailFrom: (_address, _session, done) => answer("mail", done),
      onRcptTo: (_address, _session, done) => answer("rcpt", done),
      onData: (stream, _session, done) => {
        let text = "";
        stream.on("data", (chunk) => (text += chunk));
        stream.on("end", () => {
          if (this.refuse.data === undefined) this.mails.push(text);
          answer("data", done);
        });
      },
      ...options,
    });
    this.#server.on("error", () => {});
  }

  async start(): Promise<number> {
    const server = this.#server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  }

  stop(): Promise<void> {
    return new Promise((done) => this.#server.close(() => done()));
  }
}

/** A server that takes connections and says nothing. */
export async function silentServer(): Promise<{ port: number; stop(): void }> {
  const sockets: Socket[] = [];
  const server: TcpServer = createTcpServer((socket) => void sockets.push(socket.on("error", () => {})));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
