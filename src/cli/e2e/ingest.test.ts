import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { databaseOf, finish, json, labs, query, smallWorkspace, start, write } from "./testing/harness.ts";

describe("labs ingest --watch", () => {
  it("loads files as they arrive, while other commands use the lab, and ends cleanly on ctrl-C", async () => {
    const workspace = smallWorkspace({ shop: { "../data/raw/sold.csv": "id,n\n1,1\n" } });
    const watcher = start(["ingest", "shop", "--watch", "-o", "json"], { cwd: workspace });
    const lines: { lab: string; result: { rowsLoaded: number } }[] = [];
    let rest = "";
    watcher.stdout?.on("data", (text: Buffer) => {
      const parts = (rest + text.toString()).split("\n");
      rest = parts.pop() ?? "";
      for (const line of parts) lines.push(JSON.parse(line));
    });
    const until = async (count: number) => {
      while (lines.length < count && watcher.exitCode === null) await sleep(50);
    };
    try {
      await until(1);
      write(workspace, {
        "shop/data/raw/sold_2.csv.part": "id,n\n9,9\n",
        "shop/data/raw/sold_2.csv": "id,n\n2,2\n3,3\n",
      });
      await until(2);
      expect((await labs(workspace, "files", "shop")).stdout).toContain("sold_2.csv");
      write(workspace, { "shop/data/raw/sold_2.csv": "id,n\n2,2\n3,3\n4,4\n" });
      await until(3);
    } finally {
      watcher.kill("SIGINT");
    }
    const { code, signal } = await finish(watcher);
    expect({ code, signal, loaded: lines.map(({ result }) => result.rowsLoaded) }).toEqual({
      code: 130,
      signal: null,
      loaded: [1, 2, 1],
    });
    const [seen] = await query(
      databaseOf(workspace, "shop"),
      "select sum(n)::int as n from (select n from raw.sold union all select n from raw.sold_2)",
    );
    expect(seen).toEqual({ n: 10 });
    const { document } = await json(workspace, "history", "shop");
    expect(document.runs.map((run: { trigger: string; status: string }) => `${run.trigger} ${run.status}`)).toEqual([
      "file ok",
      "file ok",
      "file ok",
    ]);
  });
});

describe("labs ingest", () => {
  it("is a run in the history, with its steps and files", async () => {
    const workspace = smallWorkspace({ shop: { "../data/raw/sold.csv": "id,n\n1,1\n2\n" } });
    expect((await json(workspace, "ingest", "shop")).code).toBe(0);
    const { document } = await json(workspace, "history", "shop");
    expect(document.runs).toMatchObject([
      { command: "labs ingest shop", status: "ok", summary: { rowsLoaded: 1, rowsQuarantined: 1, files: 1 } },
    ]);
    expect((await json(workspace, "files", "shop")).document.files).toMatchObject([
      { file: "sold.csv", state: "loaded", load: 1, contractVersion: 1, run: document.runs[0].id },
    ]);
    expect((await labs(workspace, "logs")).stdout).toContain("sold.csv → raw.sold: loaded");
  });

  it("proposes a contract, and freezes it into lab.yml without touching what stands there", async () => {
    const workspace = smallWorkspace({
      shop: {
        "../data/raw/sold.csv": "id;when\n1;31.12.2024\n2;30.11.2024\n",
        "../lab.yml": "# mine\nsources:\n  - name: sold # kept\n    path: sold*.csv\n    mode: replace\n",
      },
    });
    const proposed = await labs(workspace, "ingest", "shop", "--propose");
    expect(proposed.stdout).toContain('format: "%d.%m.%Y"');
    expect((await labs(workspace, "ingest", "shop", "--freeze")).code).toBe(0);
    const text = readFileSync(join(workspace, "shop/lab.yml"), "utf8");
    expect(text).toMatch(
      /^# mine\nsources:\n {2}- name: sold # kept\n {4}path: sold\*\.csv\n {4}mode: replace\n {4}delimiter: ;\n/,
    );
    expect(text).toContain("key: id");
    expect((await json(workspace, "ingest", "shop")).document.labs[0].result).toMatchObject({
      rowsLoaded: 2,
      rowsQuarantined: 0,
    });
  });

  it("writes the contract of a first load into lab.yml, once, and goes on under it", async () => {
    const rows = Array.from({ length: 1200 }, (_, i) => `${i + 1},0${i},2024-01-0${1 + (i % 9)},${i % 7 ? i : ""}`);
    const workspace = smallWorkspace({
      shop: {
        "../data/raw/sold.csv": `id,zip,day,n\n${rows.join("\n")}\n`,
        "../lab.yml": "# ours\nsecrets: [TOKEN] # kept\n",
      },
    });
    const first = await labs(workspace, "ingest", "shop");
    expect(first.stderr).toContain("lab.yml has the contract of sold (4 columns) now");
    const text = readFileSync(join(workspace, "shop/lab.yml"), "utf8");
    expect(text).toBe(`# ours
secrets: [TOKEN] # kept
sources:
  - name: sold
    path: sold.csv
    contract: proposed
    columns:
      id:
        type: BIGINT
        nullable: false
      zip:
        type: VARCHAR
        nullable: false
      day:
        type: DATE
        nullable: false
      n: BIGINT
    key: id
`);
    // A new name still gets a source of its own, fractions still widen, and what is written stays as it is.
    write(workspace, {
      "shop/data/raw/other.csv": "a\n1\n",
      "shop/data/raw/sold.csv": "id,zip,day,n\n1,01,2024-01-01,1.5\n",
    });
    const second = await labs(workspace, "ingest", "shop");
    expect(second.stderr).toContain("n (BIGINT → DOUBLE)");
    expect(second.stderr).toContain("lab.yml has the contract of other (1 column) now");
    expect(readFileSync(join(workspace, "shop/lab.yml"), "utf8").startsWith(text)).toBe(true);
    const seen = () => query(databaseOf(workspace, "shop"), "select n, typeof(n) as type from raw.sold");
    expect(await seen()).toEqual([{ n: 1.5, type: "DOUBLE" }]);
    write(workspace, { "shop/data/raw/sold.csv": "id,zip,day,n\n1,01,2024-01-01,2\n" });
    expect((await labs(workspace, "ingest", "shop")).stderr).toBe("");
    expect(await seen()).toEqual([{ n: 2, type: "DOUBLE" }]);
  });

  it("leaves lab.yml alone when contracts are manual", async () => {
    const text = "contracts: manual\n";
    const workspace = smallWorkspace({ shop: { "../data/raw/sold.csv": "id\n1\n", "../lab.yml": text } });
    expect(await labs(workspace, "ingest", "shop")).toMatchObject({ code: 0, stderr: "" });
    expect(readFileSync(join(workspace, "shop/lab.yml"), "utf8")).toBe(text);
  });
});

describe("labs quarantine", () => {
  it("lists, exports, replays and drops", async () => {
    const workspace = smallWorkspace({ shop: { "../data/raw/sold.csv": "id,n\n1,1\n2\n3\n" } });
    await json(workspace, "ingest", "shop");
    expect((await json(workspace, "quarantine", "shop")).document.groups).toMatchObject([{ table: "sold", rows: 2 }]);
    const file = join(workspace, "bad.csv");
    expect((await labs(workspace, "quarantine", "shop", "export", "--out", file)).code).toBe(0);
    write(workspace, { "bad.csv": readFileSync(file, "utf8").replace(/"2"$/m, '"2,7"') });
    expect(await json(workspace, "quarantine", "shop", "replay", "--from", file)).toMatchObject({
      code: 1,
      document: { results: [{ tried: 2, loaded: 1 }] },
    });
    expect((await json(workspace, "quarantine", "shop", "drop")).document).toMatchObject({ dropped: false, rows: 1 });
    expect((await json(workspace, "quarantine", "shop", "drop", "--yes")).document).toMatchObject({
      dropped: true,
      rows: 1,
    });
    expect((await json(workspace, "quarantine", "shop")).document.groups).toEqual([]);
    expect((await labs(workspace, "quarantine", "shop", "burn")).code).toBe(2);
  });
});
