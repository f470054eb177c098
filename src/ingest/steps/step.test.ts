import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SourceConfig, StepConfig } from "#registry/index.ts";
import { source, TestLab } from "../testing/lab.ts";

let lab: TestLab;
beforeEach(async () => {
  lab = await new TestLab().open();
});
afterEach(() => lab.close());

function step(code: string, more: Partial<StepConfig> = {}, entry: Partial<SourceConfig> = {}): SourceConfig {
  mkdirSync(join(lab.root, "pipelines"), { recursive: true });
  writeFileSync(join(lab.root, "pipelines/orders.ts"), code);
  const place = { file: join(lab.root, "lab.yml"), line: 2 };
  const config: StepConfig = {
    file: "pipelines/orders.ts",
    env: [],
    flatten: 3,
    keepRaw: true,
    required: true,
    mayBeEmpty: false,
    timeoutMs: 20_000,
    maxBytes: 1e9,
    maxTimeMs: 60_000,
    places: { file: place, incremental: place },
    ...more,
  };
  return source("orders", { path: [], step: config, mode: entry.key ? "merge" : "replace", place, ...entry });
}
const ingest = async (config: SourceConfig) => {
  lab.sources = [config];
  const { files } = await lab.ingest();
  return files[0];
};

describe("a step", () => {
  it("is TypeScript that yields records; what it prints is not among them", async () => {
    const code = `import { helper } from "./helper.ts";
interface Order { id: number; customer: { city: string } }
export default async function* ({ cursor }: { cursor: string | null }): AsyncGenerator<Order> {
  console.log('{"r":"{}"}');
  for (let id = 1; id <= 2500; id++) yield { id, customer: { city: helper(id) } };
}`;
    mkdirSync(join(lab.root, "pipelines"), { recursive: true });
    writeFileSync(join(lab.root, "pipelines/helper.ts"), "export const helper = (n: number): string => `c${n % 3}`;\n");
    expect(await ingest(step(code, {}, { key: ["id"] }))).toMatchObject({
      file: "step:orders",
      rowsRead: 2500,
      rowsLoaded: 2500,
    });
    expect(await lab.rows("SELECT customer_city, count(*) FROM raw.orders GROUP BY ALL ORDER BY 1")).toEqual([
      ["c0", "833"],
      ["c1", "834"],
      ["c2", "833"],
    ]);
  });

  it("goes on from its cursor", async () => {
    const code = `export default function* ({ cursor }) {
  const from = cursor === null ? 1 : Number(cursor) + 1;
  for (let id = from; id < from + 10; id++) yield { id };
}`;
    const incremental = { field: "id", param: "", overlap: { kind: "number", amount: 0 } as const };
    const config = step(code, { incremental }, { key: ["id"] });
    await ingest(config);
    await ingest(config);
    expect(await lab.rows("SELECT min(id), max(id), count(*) FROM raw.orders")).toEqual([["1", "20", "20"]]);
    expect(await lab.rows("SELECT cursor FROM _labs.polls")).toEqual([["20"]]);
  });

  it.each<[string, string, string | RegExp]>([
    ["throws", "export default async function* () { yield { id: 1 }; throw new Error('out of luck'); }", "out of luck"],
    ["has no generator", "export const x = 1;", "no default export"],
    ["returns nothing", "export default () => undefined;", "nothing to go through"],
    ["does not parse", "export default function* ( {", /failed: /],
    ["exits", "export default function* () { yield { id: 1 }; process.exit(7); }", "ended with code 7"],
    [
      "is killed",
      "export default function* () { yield { id: 1 }; process.kill(process.pid, 'SIGKILL'); }",
      "was ended by SIGKILL",
    ],
    ["yields what is no JSON", "export default function* () { yield () => 1; }", "record 1 is function"],
    [
      "ends with its own words",
      "export default function* () { console.error('disk is full'); process.exit(1); }",
      "disk is full",
    ],
  ])("that %s loads nothing and says why", async (_name, code, message) => {
    const file = await ingest(step(code));
    expect(file).toMatchObject({ outcome: "failed", error: { code: "ING-049" } });
    expect(file?.error?.message).toMatch(message);
    expect(await lab.rows("SELECT count(*) FROM duckdb_views() WHERE schema_name = 'raw'")).toEqual([["0"]]);
  });

  it("that stalls is stopped, and a missing file is named", async () => {
    const waiting =
      "export default async function* () { yield { id: 1 }; await new Promise((r) => setTimeout(r, 1e6)); }";
    expect((await ingest(step(waiting, { timeoutMs: 1500 })))?.error?.message).toContain("no record came for 1.5 s");
    const gone = step("export default () => []", { file: "pipelines/gone.ts" });
    expect((await ingest(gone))?.error?.message).toContain("pipelines/gone.ts");
  });

  it("sees the variables that it names and no others, and its words are cleaned of them", async () => {
    lab.effects = { env: { ...process.env, TOKEN: "very-secret-value", OTHER: "not-for-you" } };
    const code =
      "export default function* ({ env }) { yield { id: 1, token: String(env.TOKEN?.length), other: String(env.OTHER) }; }";
    await ingest(step(code, { env: ["TOKEN"] }));
    expect(await lab.rows("SELECT token, other FROM raw.orders")).toEqual([["17", "undefined"]]);
    const loud =
      "export default function* ({ env }) { console.log(env.TOKEN); yield { id: env.TOKEN }; throw new Error(env.TOKEN); }";
    const file = await ingest(step(loud, { env: ["TOKEN"] }));
    expect(file?.error?.code).toBe("ING-049");
    expect(JSON.stringify([file, lab.events, await lab.rows("SELECT * FROM _labs.loads")])).not.toContain(
      "very-secret",
    );
    lab.effects = { env: {} };
    expect((await ingest(step(code, { env: ["TOKEN"] })))?.error?.code).toBe("ING-040");
  });
});
