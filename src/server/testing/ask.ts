import { request as httpRequest } from "node:http";
import type { RunningServer } from "../start.ts";

export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  /** Of a problem; empty when there is none. */
  code: string;
  body: string;
}

export const json = { "content-type": "application/json" };

/** Asks with headers as they are: fetch would not send a Host or an Origin of our choice. */
export function ask(
  server: RunningServer,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port: server.port, host: "127.0.0.1", method, path, headers }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += String(chunk)));
      response.on("end", () => {
        let code = "";
        try {
          code = (JSON.parse(text) as { code?: string }).code ?? "";
        } catch {
          // Not every answer is JSON.
        }
        resolve({ status: response.statusCode ?? 0, headers: response.headers, code, body: text });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}
