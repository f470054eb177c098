import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterEach, describe, expect, it } from "vitest";
import { copyLedger, databaseVariable, type Ledger, openLedger, runsLeftBehind } from "../index.ts";
import { accessContract } from "../testing/access-contract.ts";
import { alertContract } from "../testing/alert-contract.ts";
import { jobContract } from "../testing/job-contract.ts";
import { runContract } from "../testing/run-contract.ts";

/** Of a server that `conformance/postgres/run.ts` starts. */
const url = process.env["LABS_TEST_DATABASE_URL"];
const opened: Ledger[] = [];
let schemas = 0;

async function execute(text: string, address = url): Promise<void> {
  const client = new Client(address);
  await client.connect();
  await client.query(text);
  await client.end();
}

/** Empty, and the ledger's from now on. Each workspace may have a schema of its own in one database. */
async function emptySchema(): Promise<string> {
  const schema = `labs_${process.pid}_${schemas++}`;
  await execute(`CREATE SCHEMA ${schema}`);
  const address = `${url}?options=${encodeURIComponent(`-c search_path=${schema}`)}`;
  process.env[databaseVariable] = address;
  return address;
}

async function open(options: Parameters<typeof openLedger>[1] = {}): Promise<Ledger> {
  const ledger = await openLedger("/none", options);
  opened.push(ledger);
  return ledger;
}

describe.skipIf(url === undefined)("PostgreSQL", () => {
  afterEach(async () => {
    for (const ledger of opened.splice(0)) await ledger.close();
    delete process.env[databaseVariable];
  });

  it("takes a ledger from its file, in as many attempts as it needs, and refuses one that has another history", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "labs-")), "ledger.db");
    const file = await openLedger(path);
    for (let i = 0; i < 3; i++) {
      const run = await file.startRun({ lab: `lab${i}`, trigger: "cli", command: "labs run", user: "o'neil" });
      for (let n = 0; n < 300; n++) run.event({ level: "info", type: "message", text: `'${n}' \u0000 ünï` });
      await run.finish("ok");
    }
    await file.jobs.enqueue([{ lab: "lab1", trigger: "schedule", command: "labs run" }]);
    await file.jobs.pause("lab2", "ann", "stocktaking", new Date());
    const wanted = await file.runs();
    await file.close();
    const address = await emptySchema();
    expect(await runsLeftBehind(path)).toBe(3);
    const broken = copyLedger(path, address, ({ table }) => {
      if (table === "events") throw new Error("killed");
    });
    await expect(broken).rejects.toThrow("killed");
    const counts = await copyLedger(path, address);
    expect(counts).toEqual(
      expect.arrayContaining([
        { table: "runs", rows: 3 },
        { table: "events", rows: 900 },
        { table: "jobs", rows: 1 },
        { table: "lab_states", rows: 1 },
        { table: "alert_state", rows: 1 },
      ]),
    );
    expect(await runsLeftBehind(path)).toBe(0);
    const ledger = await open();
    expect(await ledger.runs()).toEqual(wanted);
    expect((await ledger.events(wanted[0]?.id ?? "", { limit: 1000 })).length).toBe(300);
    const other = await ledger.startRun({ lab: "lab9", trigger: "cli", command: "labs run" });
    await other.finish("ok");
    await expect(copyLedger(path, address)).rejects.toMatchObject({ code: "LED-015" });
  });

  jobContract(
    "PostgreSQL",
    async () => {
      await emptySchema();
      return (await open()).jobs;
    },
    20,
  );
  accessContract("PostgreSQL", async () => {
    await emptySchema();
    return open();
  });
  alertContract("PostgreSQL", async (again) => {
    if (!again) await emptySchema();
    return openLedger("/none");
  });
  runContract("PostgreSQL", async () => {
    const address = await emptySchema();
    return { path: "/none", raw: (text) => execute(text, address), remove: async () => {} };
  });

  it("is made once, however many begin at the same moment", async () => {
    await emptySchema();
    const all = await Promise.all(Array.from({ length: 8 }, () => open()));
    await all[0]!.jobs.enqueue([{ lab: "a", trigger: "cli", command: "labs run a" }]);
    expect(await all[7]!.jobs.jobs()).toHaveLength(1);
  });

  it("reads nothing where nothing is, and makes nothing", async () => {
    const address = await emptySchema();
    expect(await (await open({ mode: "read" })).runs()).toEqual([]);
    await expect(execute("SELECT * FROM labs_schema", address)).rejects.toThrow("does not exist");
  });

  it("is not used when a newer version wrote it", async () => {
    const address = await emptySchema();
    await open();
    await execute("UPDATE labs_schema SET version = 1000", address);
    await expect(openLedger("/none")).rejects.toMatchObject({ code: "LED-004" });
  });

  it("tells of new jobs and cancelled ones at once, of leases not", async () => {
    await emptySchema();
    const [one, two] = [await open(), await open()];
    let told = 0;
    const stop = await one.jobs.onChange(() => told++);
    await expect.poll(() => told).toBe(1);
    await two.jobs.enqueue([{ lab: "a", trigger: "cli", command: "labs run a" }]);
    await expect.poll(() => told).toBe(2);
    const job = await two.jobs.claim("w", new Date(), 60_000);
    await two.jobs.renew(job!, new Date(), 60_000);
    await two.jobs.cancel(job!.id, "ann", new Date());
    await expect.poll(() => told).toBe(3);
    await stop();
  });

  it("says what is wrong with its address, and never the password", async () => {
    const wrong = async (change: (address: URL) => void) => {
      const address = new URL(url!);
      change(address);
      process.env[databaseVariable] = address.href;
      const error: unknown = await openLedger("/none", { patienceMilliseconds: 100 }).catch(
        (reason: unknown) => reason,
      );
      expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toMatch(/secret|geheim/);
      return (error as { code: string }).code;
    };
    expect(await wrong((address) => (address.password = "geheim"))).toBe("LED-011");
    expect(await wrong((address) => (address.password = ""))).toBe("LED-011");
    expect(await wrong((address) => (address.pathname = "/none"))).toBe("LED-012");
    expect(await wrong((address) => (address.port = "1"))).toBe("LED-010");
    process.env[databaseVariable] = "postgresql://labs:secret@host:no/labs";
    await expect(openLedger("/none")).rejects.toMatchObject({ code: "LED-013" });
    process.env[databaseVariable] = "mysql://labs:secret@host/labs";
    const kept = await open({ fallback: true });
    expect(kept.problem?.code).toBe("LED-013");
    await (await kept.startRun({ lab: "a", trigger: "cli", command: "labs run a" })).finish("ok");
    expect(await kept.runs()).toHaveLength(1);
  });
});
