import type { Socket } from "node:net";

/** A line longer than this is no message of ours. */
const longestLine = 16_000_000;

/** Calls back with every line of JSON that comes in; a line that is none ends the connection. */
export function readLines(socket: Socket, onMessage: (message: unknown) => void): void {
  let rest = "";
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => {
    rest += text;
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      try {
        onMessage(JSON.parse(line));
      } catch {
        socket.destroy();
        return;
      }
    }
    if (rest.length > longestLine) socket.destroy();
  });
}

export function writeLine(socket: Socket, message: unknown): void {
  if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\n`);
}
