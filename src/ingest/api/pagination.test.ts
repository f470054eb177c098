import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ApiConfig } from "#registry/index.ts";
import { FixtureApi, type Row } from "../testing/api-server.ts";
import { TestLab } from "../testing/lab.ts";
import { api, pages, polled } from "../testing/polled.ts";

/** Settings that are tried; more on request. */
const numRuns = Number(process.env["LABS_RUNS"] ?? 25);

let server: FixtureApi;
beforeAll(async () => {
  server = await new FixtureApi().listen();
});
afterAll(() => server.close());

const row = (id: number, version = 0): Row => ({
  id,
  version,
  updated_at: new Date(Date.UTC(2024, 0, 1) + (id + version * 1000) * 1000).toISOString(),
});

/** Every way to page, asking for `size` records at a time. */
function ways(size: number): [string, Partial<ApiConfig>][] {
  const asked = { param: "size", value: size };
  return [
    ["page", { pagination: pages({ type: "page", size: asked }) }],
    ["offset", { records: "data", pagination: pages({ type: "offset", size: asked }) }],
    ["cursor", { records: "data.items", pagination: pages({ type: "cursor", cursor: "meta.next", size: asked }) }],
    ["next", { records: "results", pagination: pages({ type: "next", next: "next", size: asked }) }],
    ["link", { pagination: pages({ type: "link", size: asked }) }],
  ];
}

const setting = fc.record({
  way: fc.nat(4),
  total: fc.nat(60),
  size: fc.integer({ min: 1, max: 25 }),
  cap: fc.integer({ min: 1, max: 30 }),
});

async function withLab<T>(body: (lab: TestLab) => Promise<T>): Promise<T> {
  const lab = await new TestLab().open();
  lab.effects = { sleep: async () => {} };
  try {
    return await body(lab);
  } finally {
    await lab.close();
    server.fault = undefined;
    server.seen.length = 0;
  }
}

const table = (lab: TestLab) => lab.rows("SELECT id, version FROM raw.t ORDER BY id");
const truth = (rows: Row[]) =>
  [...new Map(rows.map((one) => [one["id"], one])).values()]
    .map((one) => [String(one["id"]), String(one["version"])])
    .sort((a, b) => Number(a[0]) - Number(b[0]));

describe("pages of any size", () => {
  it("bring exactly what the server has, whatever it caps and however it breaks off", async () => {
    await fc.assert(
      fc.asyncProperty(setting, fc.array(fc.nat(5), { maxLength: 12 }), async ({ way, total, size, cap }, faults) => {
        await withLab(async (lab) => {
          server.rows = Array.from({ length: total }, (_, i) => row(i + 1));
          server.cap = cap;
          let asked = 0;
          server.fault = (_, response) => {
            const fault = faults[asked++];
            if (fault === undefined || fault > 2) return false;
            if (fault === 0) response.destroy();
            else if (fault === 1) response.writeHead(502).end();
            else
              response.writeHead(200, { connection: "close", "content-length": "9999" }).write('[{"id":-1,"bad":"x"},');
            if (fault === 2) setTimeout(() => response.destroy(), 5);
            return true;
          };
          const [path, more] = ways(size)[way] ?? ["page", {}];
          lab.sources = [polled("t", api(`${server.url}/${path}`, { ...more, retries: 20 }), { key: ["id"] })];
          const { files, failed } = await lab.ingest();
          expect(files[0]?.error).toBeUndefined();
          expect(failed).toBe(0);
          if (total > 0) expect(await table(lab)).toEqual(truth(server.rows));
          // Nothing is new: nothing is loaded.
          expect((await lab.ingest()).files).toEqual([]);
        });
      }),
      { numRuns },
    );
  }, 120_000);

  it("miss nothing that was there, and in the end agree, when records are inserted and changed while we page", async () => {
    const change = fc.record({ at: fc.nat(20), what: fc.constantFrom("front", "back", "change") });
    await fc.assert(
      fc.asyncProperty(setting, fc.array(change, { maxLength: 6 }), fc.boolean(), async (how, changes, incremental) => {
        await withLab(async (lab) => {
          server.rows = Array.from({ length: how.total + 1 }, (_, i) => row(i + 1));
          server.cap = how.cap;
          const before = server.rows.map((one) => one["id"]);
          let next = 500;
          let asked = 0;
          server.fault = () => {
            for (const { what } of changes.filter(({ at }) => at === asked)) {
              if (what === "front") server.rows.unshift(row(next++));
              else if (what === "back") server.rows.push(row(next++));
              else server.rows[0] = row(Number(server.rows[0]?.["id"]), next++);
            }
            asked++;
            return false;
          };
          const [path, more] = ways(how.size)[how.way] ?? ["page", {}];
          const cursor = { field: "updated_at", param: "since", overlap: { kind: "time", amount: 1e9 } as const };
          lab.sources = [
            polled("t", api(`${server.url}/${path}`, { ...more, ...(incremental && { incremental: cursor }) }), {
              key: ["id"],
            }),
          ];
          expect((await lab.ingest()).failed).toBe(0);
          const first = new Set((await table(lab)).map(([id]) => Number(id)));
          expect(before.filter((id) => !first.has(Number(id)))).toEqual([]);
          server.fault = undefined;
          expect((await lab.ingest()).failed).toBe(0);
          expect(await table(lab)).toEqual(truth(server.rows));
          const { rows } = await lab.connection.query("SELECT count(*), count(DISTINCT id) FROM raw.t");
          expect(rows[0]?.[0]).toEqual(rows[0]?.[1]);
        });
      }),
      { numRuns },
    );
  }, 120_000);
});
