import { execFile, spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLedger } from "#ledger/index.ts";
import { type Client, createClient, type LiveEvent, type RunLogEvent } from "#client/index.ts";
import { operations } from "./app.ts";
import { pathNames, shapesOf } from "./openapi.ts";
import { type RunningServer, startServer } from "./start.ts";
import { clientSource } from "./testing/client-source.ts";
import { workspaceWithRun } from "./testing/workspace.ts";

const repository = join(import.meta.dirname, "..", "..");
let root: string;
let run: string;
let server: RunningServer;
let client: Client;
beforeAll(async () => {
  ({ root, run } = await workspaceWithRun());
  server = await startServer({ workspace: root, port: 0, pages: join(root, "no"), version: "1", checkAnswers: true });
  client = createClient({ url: server.url });
});
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

function formatted(source: string): string {
  const biome = join(repository, "node_modules", ".bin", "biome");
  const { stdout, status, stderr } = spawnSync(biome, ["format", "--stdin-file-path=operations.ts"], {
    input: source,
    cwd: repository,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

describe("the client's knowledge of the API", () => {
  // After a change: vitest run src/server/client.test.ts -u
  it("is what the server's types say", async () => {
    await expect(formatted(clientSource(operations))).toMatchFileSnapshot("../client/operations.ts");
  });

  it("names every parameter of an operation once", () => {
    const { of } = shapesOf(operations);
    for (const operation of operations) {
      const { query, body } = of(operation);
      const names = [
        ...pathNames(operation.path),
        ...Object.keys(query?.properties ?? {}),
        ...Object.keys(body?.properties ?? {}),
      ];
      expect([operation.id, names.length]).toEqual([operation.id, new Set(names).size]);
    }
    expect(new Set(operations.map(({ id }) => id)).size).toBe(operations.length);
  });
});

describe("asking with the client", () => {
  it("asks in path, query and body", async () => {
    const { labs } = await client.listLabs();
    expect(labs.map(({ name }) => name)).toEqual(["shop", "idle"]);
    expect((await client.listRuns({ lab: "shop", limit: 1 })).runs[0]?.id).toBe(run);
    const rows = await client.listRows({ lab: "shop", table: "gold.kpi", filter: ["what~1", "what~thing"], limit: 2 });
    expect(rows.rows).toHaveLength(2);
    const grid = await client.query({ lab: "shop", sql: "select 1 as one" });
    expect(grid.rows).toEqual([[1]]);
  });

  it("throws the server's problem as an error with its code", async () => {
    const error = await client.getLab({ lab: "no/ne" }).catch((e: unknown) => e);
    expect(error).toMatchObject({ name: "ApiError", code: "REG-002", status: 404, problem: { retryable: false } });
    const away = createClient({ url: "http://127.0.0.1:1", retries: 0 });
    await expect(away.listLabs()).rejects.toMatchObject({ code: "NO-ANSWER", status: 0 });
  });

  it("does an action once for a key, also when the answer got lost", async () => {
    const key = { idempotencyKey: "nightly" };
    const first = await client.runLab({ lab: "shop", select: ["kpi"] }, key);
    expect((await client.runLab({ lab: "shop", select: ["kpi"] }, key)).id).toBe(first.id);
    let lost = 1;
    const shaky = createClient({
      url: server.url,
      fetch: async (...request) => {
        const response = await fetch(...request);
        if (lost-- > 0) throw new TypeError("the connection broke");
        return response;
      },
    });
    const before = (await client.listJobs()).jobs.length;
    await shaky.runLab({ lab: "idle" });
    expect((await client.listJobs()).jobs).toHaveLength(before + 1);
  });

  it("reads the log of a run, and goes on after the last event it saw", async () => {
    const events: { id: string; event: RunLogEvent }[] = [];
    for await (const each of client.runLog({ run })) events.push(each);
    expect(events.at(-1)?.event).toEqual({ status: "ok" });
    const [, second] = events;
    const rest: string[] = [];
    for await (const { id } of client.runLog({ run }, { lastId: second?.id ?? "" })) rest.push(id);
    expect(rest).toEqual(events.slice(2).map(({ id }) => id));
  });

  it("hears what happens, also after the connection broke", async () => {
    const stop = new AbortController();
    const heard: LiveEvent[] = [];
    let breaks = 1;
    const shaky = createClient({
      url: server.url,
      fetch: async (...request) => {
        const response = await fetch(...request);
        if (breaks-- <= 0 || response.body === null) return response;
        const [first] = [await response.body.getReader().read()];
        return new Response(new Blob([(first.value ?? new Uint8Array()) as Uint8Array<ArrayBuffer>]));
      },
    });
    const listening = (async () => {
      for await (const { event } of shaky.events({ signal: stop.signal })) {
        heard.push(event);
        if (event.type === "lab" && event.lab.paused !== null) stop.abort();
      }
    })();
    const ledger = await openLedger(join(root, ".labs/ledger.db"));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await ledger.jobs.pause("idle", "test", null, new Date());
    await ledger.close();
    await listening;
    expect(heard.at(-1)).toMatchObject({ type: "lab", lab: { name: "idle" } });
  });

  it("runs the program of docs/api.md", async () => {
    const page = readFileSync(join(repository, "docs/api.md"), "utf8");
    const [, code = ""] = /^```ts\n([^]*?)^```$/m.exec(page) ?? [];
    expect(code).toContain('from "buildcpg-labs/client"');
    const door = pathToFileURL(join(repository, "src/client/index.ts")).href;
    const file = join(root, "program.ts");
    writeFileSync(file, code.replace("buildcpg-labs/client", door));
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], {
      env: { ...process.env, LABS_URL: server.url, LAB: "shop" },
      timeout: 60_000,
    });
    expect(stderr).toBe("");
    expect(stdout).toMatch(/shop/);
  });
});
