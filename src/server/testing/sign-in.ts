import { expect } from "vitest";
import type { RunningServer } from "../start.ts";
import type { Session } from "../types.ts";
import { ask, json } from "./ask.ts";

/** Signs in; gives the headers of the page. */
export async function signInTo(server: RunningServer, user: string, password: string): Promise<Record<string, string>> {
  const answer = await ask(server, "POST", "/api/v1/session", json, JSON.stringify({ user, password }));
  expect(answer.status, answer.body).toBe(200);
  const cookie = String(answer.headers["set-cookie"]);
  expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
  const own = { cookie: cookie.split(";")[0] ?? "" };
  const session = JSON.parse((await ask(server, "GET", "/api/v1/session", own)).body) as Session;
  expect(session.who).toBe(user);
  return { ...json, ...own, "x-csrf-token": session.csrf ?? "" };
}
