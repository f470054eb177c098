import { connect, type Socket } from "node:net";

/** Asks for a path again and again over some connections that stay open, without the cost of an HTTP client. */
export async function load(
  url: string,
  path: string,
  connections: number,
  ms: number,
): Promise<{ perSecond: number; bytes: number; slowest: number }> {
  const { hostname, port } = new URL(url);
  const request = `GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`;
  const until = performance.now() + ms;
  let answers = 0;
  let bytes = 0;
  let slowest = 0;
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect(Number(port), hostname);
      let left = -1;
      let head = "";
      let asked = 0;
      const ask = () => {
        if (performance.now() > until) {
          socket.destroy();
          resolve();
          return;
        }
        left = -1;
        head = "";
        asked = performance.now();
        socket.write(request);
      };
      socket.on("connect", ask);
      socket.on("error", reject);
      socket.on("data", (chunk) => {
        if (left < 0) {
          head += chunk.toString("latin1");
          const end = head.indexOf("\r\n\r\n");
          if (end < 0) return;
          if (!head.startsWith("HTTP/1.1 200")) reject(new Error(head.slice(0, 300)));
          const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
          bytes = length;
          left = length - (head.length - end - 4);
        } else left -= chunk.length;
        if (left > 0) return;
        answers++;
        slowest = Math.max(slowest, performance.now() - asked);
        ask();
      });
    });
  const began = performance.now();
  await Promise.all(Array.from({ length: connections }, one));
  return { perSecond: (answers * 1000) / (performance.now() - began), bytes, slowest };
}

/** Listens to the events of a server with many clients at once. */
export async function hold(url: string, clients: number): Promise<{ events: () => number; close: () => void }> {
  const { hostname, port } = new URL(url);
  let events = 0;
  const sockets: Socket[] = [];
  for (let i = 0; i < clients; i++) {
    const socket = connect(Number(port), hostname);
    sockets.push(socket);
    socket.on("data", (chunk) => {
      const text = chunk.toString("latin1");
      for (let at = text.indexOf("\ndata: "); at >= 0; at = text.indexOf("\ndata: ", at + 1)) events++;
    });
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.write(`GET /api/v1/events HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
  }
  return { events: () => events, close: () => sockets.forEach((socket) => socket.destroy()) };
}
