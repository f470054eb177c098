import { rmSync } from "node:fs";
import { join } from "node:path";
import type * as z from "zod";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ledger, openLedger } from "#ledger/index.ts";
import { operations } from "./app.ts";
import { type RunningServer, startServer } from "./start.ts";
import { ask, json } from "./testing/ask.ts";
import { signInTo } from "./testing/sign-in.ts";
import { workspaceWithRun } from "./testing/workspace.ts";
import type * as types from "./types.ts";

let root: string;
let run: string;
let server: RunningServer;
let ledger: Ledger;
const password = "correct horse battery";

const start = () =>
  startServer({
    workspace: root,
    port: 0,
    host: "0.0.0.0",
    pages: join(root, "no-pages"),
    version: "1.2.3",
    checkAnswers: true,
    pingMs: 50,
  });

beforeAll(async () => {
  ({ root, run } = await workspaceWithRun());
  ledger = await openLedger(join(root, ".labs/ledger.db"));
  const { users } = ledger;
  await users.add("ann", { role: "admin", labs: null }, password, "test", new Date());
  await users.add("ivy", { role: "viewer", labs: { idle: "operator" } }, password, "test", new Date());
  await users.add("vic", { role: "viewer", labs: { idle: "operator", shop: "viewer" } }, password, "test", new Date());
  server = await start();
});
afterAll(async () => {
  await server.close();
  await ledger.close();
  rmSync(root, { recursive: true, force: true });
});

const signIn = (user: string, secret = password) => signInTo(server, user, secret);

const audited = async () => (await ledger.access.audits(1))[0];

describe("a user of one lab", () => {
  it("sees no sign of the others, whatever is asked", async () => {
    const as = await signIn("ivy");
    const get = (path: string) => ask(server, "GET", path, as);
    const { labs } = JSON.parse((await get("/api/v1/labs")).body) as types.LabList;
    expect(labs.map(({ name }) => name)).toEqual(["idle"]);
    for (const path of ["/runs", "/jobs", "/docs", "/alerts", "/health"]) {
      const { status, body } = await get(`/api/v1${path}`);
      expect([path, status]).toEqual([path, 200]);
      expect(body, path).not.toContain("shop");
    }
    expect((await get("/metrics")).body).not.toContain("shop");
    // Every way in there is, also those that will be made: the operations are asked, not a list of them.
    const ways = operations
      .filter(({ path, query }) => path.includes("{lab}") || (query && "lab" in ((query as z.ZodObject).shape ?? {})))
      .map(({ method, path }) => ({
        method,
        path: path.includes("{lab}")
          ? path.replace("{lab}", "shop").replaceAll(/\{\w+\}/g, "gold.kpi")
          : `${path}?lab=shop`,
      }));
    expect(ways.length).toBeGreaterThan(20);
    for (const { method, path } of ways) {
      const asked = (address: string) =>
        ask(server, method, `/api/v1${address}`, as, method === "GET" ? undefined : "{}");
      const unseen = await asked(path);
      const missing = await asked(path.replace("shop", "none"));
      expect([path, unseen.status, unseen.code]).toEqual([path, 404, "REG-002"]);
      // Not to be told from a lab that is not there, except for the name that was asked for.
      expect(unseen.body.replaceAll("shop", "none")).toBe(missing.body);
    }
    const noted = (await ledger.access.audits(10)).find(({ who, detail }) => who === "ivy" && detail === "REG-002");
    expect(noted).toMatchObject({ outcome: "refused" });
    for (const path of [run, run.slice(-6), "last", `${run}/events`, `${run}/stream`, `${run}/compare/last`])
      expect([path, (await get(`/api/v1/runs/${path}`)).code]).toEqual([path, "LED-005"]);
    const query = await ask(server, "POST", "/api/v1/query", as, '{"lab":"shop","sql":"from gold.kpi"}');
    expect([query.status, query.code]).toEqual([404, "REG-002"]);
  });

  it("acts there and nowhere else, and sees nothing that concerns all", async () => {
    const as = await signIn("ivy");
    const post = (path: string) => ask(server, "POST", `/api/v1${path}`, as, "{}");
    expect((await post("/labs/idle/pause")).status).toBe(200);
    expect((await post("/labs/shop/pause")).code).toBe("REG-002");
    expect(await audited()).toMatchObject({ who: "ivy", action: "pause", subject: "shop", outcome: "refused" });
    const [job] = await ledger.jobs.enqueue([
      { lab: "shop", trigger: "api", command: "labs run shop", user: "ann", options: {}, priority: 1 },
    ]);
    expect((await post(`/jobs/${job?.id}/cancel`)).code).toBe("SRV-006");
    expect((await ask(server, "GET", "/api/v1/audit", as)).code).toBe("SRV-004");
  });

  it("has another role at another lab", async () => {
    const as = await signIn("vic");
    const post = (path: string) => ask(server, "POST", `/api/v1${path}`, as, "{}");
    expect((await ask(server, "GET", "/api/v1/labs/shop", as)).status).toBe(200);
    expect((await post("/labs/idle/resume")).status).toBe(200);
    expect((await post("/labs/shop/pause")).code).toBe("SRV-004");
    expect(await audited()).toMatchObject({ who: "vic", action: "pause", subject: "shop", detail: "SRV-004" });
    const { jobs } = JSON.parse((await ask(server, "GET", "/api/v1/jobs", as)).body) as types.JobList;
    expect((await post(`/jobs/${jobs[0]?.id}/cancel`)).code).toBe("SRV-004");
  });

  it("hears nothing of the others in the stream of events", async () => {
    const [limited, whole] = [await listen(await signIn("ivy")), await listen(await signIn("ann"))];
    const as = await signIn("ann");
    for (const lab of ["shop", "idle"]) await ask(server, "POST", `/api/v1/labs/${lab}/pause`, as, "{}");
    await whole.until('"name":"idle"');
    await limited.until('"name":"idle"');
    expect(whole.text()).toContain('"name":"shop"');
    expect(limited.text()).not.toContain("shop");
    limited.stop();
    whole.stop();
  });

  it("loses a stream that is open when it is removed", async () => {
    await ledger.users.add("tim", { role: "viewer", labs: null }, password, "test", new Date());
    const stream = await listen(await signIn("tim"));
    await ledger.users.remove("tim");
    await stream.ended;
  });
});

async function listen(headers: Record<string, string>) {
  const stop = new AbortController();
  const response = await fetch(`http://127.0.0.1:${server.port}/api/v1/events`, { headers, signal: stop.signal });
  expect(response.status).toBe(200);
  let text = "";
  const waiting: { part: string; done: () => void }[] = [];
  const ended = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      for (const { part, done } of waiting) if (text.includes(part)) done();
    }
  })().catch(() => {});
  const until = (part: string) =>
    new Promise<void>((done) => (text.includes(part) ? done() : waiting.push({ part, done })));
  return { text: () => text, until, ended, stop: () => stop.abort() };
}

describe("signing in", () => {
  it("works from the server's own page, which has no token of its own yet, and from no other", async () => {
    const host = `127.0.0.1:${server.port}`;
    const from = (headers: Record<string, string>) =>
      ask(server, "POST", "/api/v1/session", { ...json, host, ...headers }, JSON.stringify({ user: "vic", password }));
    expect((await from({ origin: `http://${host}`, "sec-fetch-site": "same-origin" })).status).toBe(200);
    for (const headers of [
      { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
      { origin: "null" },
      { "sec-fetch-site": "same-site" },
    ]) {
      expect((await from(headers as Record<string, string>)).code).toBe("SRV-007");
      expect(await audited()).toMatchObject({ action: "login", outcome: "refused", detail: "SRV-007" });
    }
  });

  it("ends sessions with the password they were begun with", async () => {
    await ledger.users.add("pat", { role: "viewer", labs: null }, password, "test", new Date());
    const as = await signIn("pat");
    expect((await ask(server, "GET", "/api/v1/labs", as)).status).toBe(200);
    await ledger.users.setPassword("pat", "another password", new Date(Date.now() + 1));
    expect((await ask(server, "GET", "/api/v1/labs", as)).code).toBe("SRV-003");
    const again = await signIn("pat", "another password");
    const { "content-type": _none, ...bodiless } = again;
    expect((await ask(server, "DELETE", "/api/v1/session", bodiless)).status).toBe(200);
    expect((await ask(server, "GET", "/api/v1/labs", again)).code).toBe("SRV-003");
  });

  it("outlives a restart of the server, and what the page then sends is taken", async () => {
    const as = await signIn("vic");
    await server.close();
    server = await start();
    expect((await ask(server, "GET", "/api/v1/labs", as)).status).toBe(200);
    expect((await ask(server, "POST", "/api/v1/labs/idle/pause", as, "{}")).status).toBe(200);
    const { "x-csrf-token": _none, ...without } = as;
    expect((await ask(server, "POST", "/api/v1/labs/idle/resume", without, "{}")).code).toBe("SRV-007");
    expect((await ask(server, "POST", "/api/v1/labs/idle/resume", as, "{}")).status).toBe(200);
  });

  it("tells a wrong name from a wrong password by nothing, and stops who guesses", async () => {
    const guess = (user: string) =>
      ask(server, "POST", "/api/v1/session", json, JSON.stringify({ user, password: "a guess of mine" }));
    const [known, unknown] = [await guess("ann"), await guess("nobody-here")];
    expect([known.status, known.body]).toEqual([401, unknown.body]);
    expect(await audited()).toMatchObject({ who: "nobody", action: "login", outcome: "refused", detail: "SRV-003" });
    const codes = (await Promise.all(Array.from({ length: 30 }, () => guess("ann")))).map(({ code }) => code);
    expect(codes.filter((code) => code === "SRV-003").length).toBeLessThan(10);
    expect(codes).toContain("SRV-009");
    // Also with the right one now.
    const right = await ask(server, "POST", "/api/v1/session", json, JSON.stringify({ user: "ann", password }));
    expect(right.code).toBe("SRV-009");
  });
});
