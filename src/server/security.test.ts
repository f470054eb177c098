import { connect } from "node:net";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLedger } from "#ledger/index.ts";
import { type RunningServer, startServer } from "./start.ts";
import { ask as raw, json } from "./testing/ask.ts";
import { workspaceWithRun } from "./testing/workspace.ts";
import type * as types from "./types.ts";

let root: string;
let local: RunningServer;
const start = (more: object = {}) =>
  startServer({
    workspace: root,
    port: 0,
    pages: join(root, "no-pages"),
    version: "1.2.3",
    checkAnswers: true,
    ...more,
  });

beforeAll(async () => {
  ({ root } = await workspaceWithRun());
  local = await start();
});
afterAll(async () => {
  await local.close();
  rmSync(root, { recursive: true, force: true });
});

async function lastAudit() {
  const ledger = await openLedger(join(root, ".labs/ledger.db"));
  try {
    const [entry] = await ledger.access.audits(1);
    return entry;
  } finally {
    await ledger.close();
  }
}

describe("on this machine", () => {
  it("answers for no foreign host: a name that somebody points here reads nothing", async () => {
    for (const host of ["evil.example", "evil.example:4400", "127.0.0.1.evil.example"]) {
      const answer = await raw(local, "GET", "/api/v1/labs", { host });
      expect([host, answer.status, answer.code]).toEqual([host, 403, "SRV-007"]);
      expect(await lastAudit()).toMatchObject({ outcome: "refused", detail: "SRV-007" });
    }
    expect((await raw(local, "GET", "/api/v1/labs", { host: `localhost:${local.port}` })).status).toBe(200);
  });

  it("runs no script but its own", async () => {
    const { headers } = await raw(local, "GET", "/");
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain("unsafe");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers["x-content-type-options"]).toBe("nosniff");
  });

  it("refuses what a foreign page sends, and notes it", async () => {
    const host = `127.0.0.1:${local.port}`;
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      // A page of ours without its token: some other program on the same port before.
      { origin: `http://${host}` },
      { "sec-fetch-site": "same-origin" },
    ]) {
      const answer = await raw(local, "POST", "/api/v1/labs/shop/runs", { host, ...json, ...headers } as never, "{}");
      expect([headers, answer.status, answer.code]).toEqual([headers, 403, "SRV-007"]);
      expect(await lastAudit()).toMatchObject({
        action: "run",
        subject: "shop",
        outcome: "refused",
        detail: "SRV-007",
      });
    }
    // A form cannot send JSON, and nothing else is read.
    const form = await raw(local, "POST", "/api/v1/labs/shop/runs", { "content-type": "text/plain" }, "{}");
    expect(form.status).toBe(400);
  });

  it("takes from its own page what carries the session's token", async () => {
    const begun = await raw(local, "GET", "/api/v1/session");
    const cookie = String(begun.headers["set-cookie"]);
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
    const { csrf } = JSON.parse(begun.body) as types.Session;
    const headers = {
      host: `127.0.0.1:${local.port}`,
      origin: `http://127.0.0.1:${local.port}`,
      cookie: cookie.split(";")[0] ?? "",
      ...json,
    };
    const ask = (token?: string) =>
      raw(local, "POST", "/api/v1/labs/shop/pause", { ...headers, ...(token && { "x-csrf-token": token }) }, "{}");
    expect((await ask()).code).toBe("SRV-007");
    expect((await ask("wrong")).code).toBe("SRV-007");
    expect((await ask(csrf ?? "")).status).toBe(200);
    await raw(local, "POST", "/api/v1/labs/shop/resume", json, "{}");
  });

  it.each([
    "/assets/../../package.json",
    "/assets/..%2f..%2fpackage.json",
    "/assets/%2e%2e/%2e%2e/etc/passwd",
    "/assets/%252e%252e/%252e%252e/etc/passwd",
    "/assets/..\\..\\etc\\passwd",
    "/assets/..%5c..%5cetc",
    "/../../etc/passwd",
    "/api/v1/labs/..%2f..%2fetc/graph",
    "/api/v1/labs/shop/nodes/..%2f..%2fx",
    "/api/v1/labs/shop%00/graph",
  ])("refuses to climb: %s", async (path) => {
    const { status, code, body } = await raw(local, "GET", path);
    expect(body).not.toMatch(/root:|"dependencies"/);
    expect([status, code]).toEqual([404, "SRV-017"]);
    expect(await lastAudit()).toMatchObject({ who: "nobody", outcome: "refused", detail: "SRV-017" });
  });

  it("makes no path of a name: what is not there is not there", async () => {
    for (const path of [
      "/assets/.inputs",
      "/assets/..package.json",
      "/api/v1/labs/%2fetc%2fpasswd",
      "/api/v1/labs/shop/tables/gold.kpi/rows?version=../../../shop",
      "/api/v1/labs/shop/diff?before=../x&after=../y",
      "/api/v1/runs/..%2f",
    ]) {
      const { status, body } = await raw(local, "GET", path);
      expect(body, path).not.toMatch(/root:|"dependencies"/);
      expect([path, status]).toEqual([path, 404]);
    }
  });

  it("answers an address that cannot be decoded as a problem", async () => {
    for (const path of ["/api/v1/labs/%E0%A4%A", "/labs/%"]) {
      const { status, code, headers } = await raw(local, "GET", path);
      expect([path, status, code]).toEqual([path, 400, "SRV-005"]);
      expect(headers["content-type"]).toMatch(/problem\+json/);
    }
  });

  it("refuses bodies that are too large or no JSON", async () => {
    const large = await raw(local, "POST", "/api/v1/query", json, JSON.stringify({ sql: "x".repeat(1_100_000) }));
    expect([large.status, large.code]).toEqual([413, "SRV-008"]);
    expect(await lastAudit()).toMatchObject({ action: "POST /query", outcome: "refused", detail: "SRV-008" });
    const broken = await raw(local, "POST", "/api/v1/query", json, "{nope");
    expect([broken.status, broken.code]).toEqual([400, "SRV-005"]);
    const odd = await raw(
      local,
      "POST",
      "/api/v1/query",
      json,
      '{"__proto__": {"x": 1}, "sql": "select 1", "lab": "shop"}',
    );
    expect(odd.status).toBe(400);
  });

  it("cuts off who sends a request byte by byte, and answers others meanwhile", async () => {
    const server = await start({ requestMs: 300 });
    try {
      const heads = [
        "GET /api/v1/labs HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ",
        "POST /api/v1/query HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{",
      ];
      const answers = heads.flatMap((head) => Array.from({ length: 20 }, () => dripping(server.port, head)));
      expect((await raw(server, "GET", "/api/v1/labs")).status).toBe(200);
      for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^HTTP\/1.1 408|^$/);
      expect(await lastAudit()).toMatchObject({ action: "request", outcome: "refused", detail: "SRV-016" });
    } finally {
      await server.close();
    }
  });

  it("cuts off who listens and never reads, with what it left unread", async () => {
    const server = await start();
    const ledger = await openLedger(join(root, ".labs/ledger.db"));
    const socket = connect(server.port, "127.0.0.1");
    try {
      const closed = new Promise((resolve) => socket.on("close", resolve));
      socket.on("error", () => {});
      socket.pause();
      socket.write("GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
      const listeners = async () => /listeners (\d+)/.exec((await raw(server, "GET", "/metrics")).body)?.[1];
      while ((await listeners()) !== "1") await new Promise((resolve) => setTimeout(resolve, 20));
      // What schedulers say comes from this process: long names fill the buffers of the system, too.
      const tell = () =>
        server.onServerEvent({
          type: "run",
          job: { id: "job" },
          event: { type: "step-start", lab: "shop", step: "x".repeat(200_000) },
        } as never);
      const before = process.memoryUsage().rss;
      // A hundred megabytes are more than any buffer between here and there.
      for (let i = 0; i < 500 && !(await droppedStream(ledger)); i++) {
        tell();
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(await droppedStream(ledger)).toMatchObject({ outcome: "refused", detail: "SRV-016" });
      expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
      expect(await listeners()).toBe("0");
      socket.resume();
      await closed;
    } finally {
      socket.destroy();
      await ledger.close();
      await server.close();
    }
  });
});

const droppedStream = async (ledger: Awaited<ReturnType<typeof openLedger>>) =>
  (await ledger.access.audits(5)).find(({ action }) => action.includes("/events"));

/** Sends the beginning of a request, then a byte now and then; gives what was answered before the connection was closed. */
function dripping(port: number, head: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    socket.on("error", () => {});
    socket.on("data", (chunk) => (text += String(chunk)));
    socket.write(head);
    const drip = setInterval(() => socket.write("x"), 50);
    socket.on("close", () => {
      clearInterval(drip);
      resolve(text);
    });
  });
}

describe("off this machine", () => {
  it("does not start without tokens", async () => {
    await expect(start({ host: "0.0.0.0" })).rejects.toMatchObject({ code: "SRV-002" });
  });

  it("asks for a token, keeps to its role, and forgets it when it is taken back", async () => {
    const ledger = await openLedger(join(root, ".labs/ledger.db"));
    const now = new Date();
    const secrets: Record<string, string> = {};
    for (const role of ["viewer", "operator", "admin"] as const)
      secrets[role] = (await ledger.access.addToken(role, role, "test", now)).secret;
    const old = await ledger.access.addToken("old", "admin", "test", now, new Date(now.getTime() - 1).toISOString());
    const server = await start({ host: "0.0.0.0" });
    const as = (secret: string | undefined) => ({ authorization: `Bearer ${secret}` });
    try {
      for (const path of ["/api/v1/labs", "/api/v1/events", "/metrics", "/api/v1/runs/last/stream"])
        expect([path, (await raw(server, "GET", path)).code]).toEqual([path, "SRV-003"]);
      const ended = (await ledger.access.addToken("ended", "admin", "test", now)).secret;
      await ledger.access.removeToken("ended");
      for (const [kind, secret] of Object.entries({ wrong: "labs_wrong", expired: old.secret, revoked: ended })) {
        expect([kind, (await raw(server, "GET", "/api/v1/labs", as(secret))).code]).toEqual([kind, "SRV-003"]);
        expect(await lastAudit()).toMatchObject({
          who: "nobody",
          action: "GET /labs",
          outcome: "refused",
          detail: "SRV-003",
        });
      }
      expect((await raw(server, "GET", "/api/v1/labs", as(secrets["viewer"]))).status).toBe(200);
      const pause = (secret: string | undefined) =>
        raw(server, "POST", "/api/v1/labs/shop/pause", { ...json, ...as(secret) }, "{}");
      expect((await pause(secrets["viewer"])).code).toBe("SRV-004");
      expect(await lastAudit()).toMatchObject({
        who: "viewer",
        action: "pause",
        outcome: "refused",
        detail: "SRV-004",
      });
      expect((await pause(secrets["operator"])).status).toBe(200);
      expect(await lastAudit()).toMatchObject({ who: "operator", outcome: "done" });
      expect((await raw(server, "GET", "/api/v1/audit", as(secrets["operator"]))).code).toBe("SRV-004");
      expect((await raw(server, "GET", "/api/v1/audit", as(secrets["admin"]))).status).toBe(200);

      const login = await raw(server, "POST", "/api/v1/session", json, JSON.stringify({ token: secrets["operator"] }));
      const cookie = { cookie: String(login.headers["set-cookie"]).split(";")[0] ?? "" };
      const session = JSON.parse((await raw(server, "GET", "/api/v1/session", cookie)).body) as types.Session;
      expect(session).toMatchObject({ who: "operator", role: "operator", needsToken: true });
      expect((await raw(server, "POST", "/api/v1/labs/shop/resume", { ...json, ...cookie }, "{}")).code).toBe(
        "SRV-007",
      );
      const own = { ...json, ...cookie, "x-csrf-token": session.csrf ?? "" };
      expect((await raw(server, "POST", "/api/v1/labs/shop/resume", own, "{}")).status).toBe(200);
      await ledger.access.removeToken("operator");
      expect((await raw(server, "GET", "/api/v1/labs", cookie)).code).toBe("SRV-003");

      const guess = () => raw(server, "POST", "/api/v1/session", json, '{"token":"labs_guess"}');
      const codes: string[] = [];
      for (let i = 0; i < 12; i++) codes.push((await guess()).code);
      expect(codes.at(-1)).toBe("SRV-009");
      // Others behind the same address are not kept out by that.
      expect((await raw(server, "GET", "/api/v1/labs", as(secrets["viewer"]))).status).toBe(200);
      // Secrets are nowhere in the ledger, nor in what the API tells.
      const told = await raw(server, "GET", "/api/v1/audit", as(secrets["admin"]));
      expect(told.body).not.toMatch(/labs_/);
      expect(JSON.stringify(await ledger.access.tokens())).not.toContain(secrets["viewer"]);
    } finally {
      await ledger.close();
      await server.close();
    }
  });
});

describe("behind a proxy", () => {
  const forwarded = { "x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.7" };

  it("goes by what the proxy tells, and sends its cookie over HTTPS only", async () => {
    const server = await start({ behindProxy: true });
    try {
      const { headers } = await raw(server, "GET", "/api/v1/session", forwarded);
      expect(String(headers["set-cookie"])).toMatch(/; Secure$/);
      await raw(server, "GET", "/../x", forwarded);
      expect(await lastAudit()).toMatchObject({ address: "203.0.113.7", detail: "SRV-017" });
      // What the proxy was told by others is not believed.
      await raw(server, "GET", "/../x", { ...forwarded, "x-forwarded-for": "198.51.100.1, 203.0.113.7" });
      expect(await lastAudit()).toMatchObject({ address: "203.0.113.7" });
    } finally {
      await server.close();
    }
  });

  it("believes nobody when it does not stand there", async () => {
    const { headers } = await raw(local, "GET", "/api/v1/session", forwarded);
    expect(String(headers["set-cookie"])).not.toMatch(/Secure/);
    await raw(local, "GET", "/../x", forwarded);
    expect((await lastAudit())?.address).toMatch(/127\.0\.0\.1$/);
  });
});

describe("without a scheduler", () => {
  it("shows, and runs nothing", async () => {
    const server = await start({ readOnly: true });
    try {
      expect((await raw(server, "GET", "/api/v1/labs")).status).toBe(200);
      const answer = await raw(server, "POST", "/api/v1/labs/shop/runs", json, "{}");
      expect([answer.status, answer.code]).toEqual([409, "SRV-010"]);
    } finally {
      await server.close();
    }
  });

  it("takes another port when the usual one is taken, and says so when it was asked for", async () => {
    await expect(start({ port: local.port })).rejects.toMatchObject({ code: "SRV-001" });
  });
});
