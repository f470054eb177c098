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

let root: string;
let run: string;
let server: RunningServer;
let ledger: Ledger;
const password = "correct horse battery";
const signIn = (user: string) => signInTo(server, user, password);

beforeAll(async () => {
  ({ root, run } = await workspaceWithRun());
  ledger = await openLedger(join(root, ".labs/ledger.db"));
  await ledger.users.add("vera", { role: "viewer", labs: null }, password, "test", new Date());
  await ledger.users.add("otto", { role: "operator", labs: null }, password, "test", new Date());
  await ledger.users.add("olga", { role: "viewer", labs: { idle: "operator" } }, password, "test", new Date());
  server = await startServer({
    workspace: root,
    port: 0,
    host: "0.0.0.0",
    pages: join(root, "no-pages"),
    version: "1",
  });
});
afterAll(async () => {
  await server.close();
  await ledger.close();
  rmSync(root, { recursive: true, force: true });
});

describe("every operation of the document", () => {
  const asked = operations.filter(({ id }) => !["getSession", "signIn", "signOut"].includes(id));
  /** A request that is complete, about the lab `shop`: nothing but the role keeps it from being carried out. */
  const bodies: Record<string, object> = {
    query: { lab: "shop", sql: "from gold.kpi" },
    saveQuery: { lab: "shop", name: "mine", sql: "from gold.kpi" },
    replayQuarantine: { rows: [{ table: "sold", load: 1, record: 1, row: "1,2,x" }] },
  };
  const send = (operation: (typeof operations)[number], as: Record<string, string>, job: string) => {
    const { id, method, path, query } = operation;
    const names: Record<string, string> = {
      lab: "shop",
      run,
      other: run,
      job,
      table: "gold.kpi",
      node: "model.shop.kpi",
    };
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name] ?? "mine"));
    const ofLab = query && "lab" in ((query as z.ZodObject).shape ?? {}) ? "?lab=shop" : "";
    const address = path === "/metrics" ? path : `/api/v1${filled}${ofLab}`;
    const body = method === "POST" ? JSON.stringify(bodies[id] ?? {}) : undefined;
    const { "content-type": _type, ...bodiless } = as;
    return ask(server, method, address, body === undefined ? bodiless : as, body);
  };
  const jobOfShop = async () => {
    const { jobs } = ledger;
    const [job] = await jobs.enqueue([
      { lab: "shop", trigger: "api", command: "labs run shop", user: "ann", options: {} },
    ]);
    return job?.id ?? "";
  };
  const streams = (produces: string | undefined) => produces === "text/event-stream";

  it("is refused without a name, and with a role that is too small", async () => {
    const [viewer, operator, job] = [await signIn("vera"), await signIn("otto"), await jobOfShop()];
    const before = JSON.stringify(await ledger.jobs.jobs({}));
    let refused = 0;
    for (const operation of asked) {
      if (operation.role === undefined) continue;
      const { id, role, produces } = operation;
      const nobody = await send(operation, json, job);
      expect([id, nobody.status, nobody.code]).toEqual([id, 401, "SRV-003"]);
      if (role !== "viewer") {
        const small = await send(operation, role === "operator" ? viewer : operator, job);
        expect([id, small.status, small.code]).toEqual([id, 403, "SRV-004"]);
        refused++;
      } else if (!streams(produces)) {
        const { status } = await send(operation, viewer, job);
        expect([id, status === 401 || status === 403]).toEqual([id, false]);
      }
    }
    expect(refused).toBeGreaterThanOrEqual(8);
    expect(JSON.stringify(await ledger.jobs.jobs({}))).toBe(before);
  });

  it("does nothing to, and tells nothing of, a lab that is not the operator's", async () => {
    const [as, job] = [await signIn("olga"), await jobOfShop()];
    const before = JSON.stringify(await ledger.jobs.jobs({}));
    for (const operation of asked) {
      const { id, path, query, whole, role, produces } = operation;
      if (role === undefined) continue;
      const about =
        /\{(?:lab|run|job)\}/.test(path) || id in bodies || (query && "lab" in ((query as z.ZodObject).shape ?? {}));
      if (!about && streams(produces)) continue;
      const { status, code, body } = await send(operation, as, job);
      if (about) expect([id, status, code]).toEqual([id, 404, expect.stringMatching(/^(?:REG-002|LED-005|SRV-006)$/)]);
      else if (whole || role === "admin") expect([id, status, code]).toEqual([id, 403, "SRV-004"]);
      // What is asked of no lab in particular: its answer is about those that may be seen.
      else expect([id, body.includes("shop")]).toEqual([id, false]);
    }
    expect(JSON.stringify(await ledger.jobs.jobs({}))).toBe(before);
  });
});
