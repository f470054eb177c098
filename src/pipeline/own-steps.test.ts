import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "#duck/index.ts";
import { openLedger } from "#ledger/index.ts";
import { openRegistry } from "#registry/index.ts";
import { planLab } from "./plan-lab.ts";
import { runLab } from "./run-lab.ts";
import type { LabEvent, RunLabOptions } from "./types.ts";

let root: string;
const path = (name: string) => join(root, name);
const write = (name: string, text: string) => {
  mkdirSync(dirname(path(name)), { recursive: true });
  writeFileSync(path(name), text);
};
const read = (name: string) => readFileSync(path(name), "utf8");
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "labs-steps-")));
  write("shared/config/labs_config.yaml", "labs:\n  shop: {}\n  other: {}\n");
  write("shop/dbt/dbt_project.yml", 'name: shop\nversion: "1.0"\nprofile: shop\nmodels:\n  +materialized: table\n');
  write("shop/dbt/models/sources.yml", "sources: [{ name: raw, tables: [{ name: sold }, { name: extra }] }]\n");
  write("shop/dbt/models/gold.sql", "select sum(n)::int as n from {{ source('raw', 'sold') }}");
  write("shop/data/raw/sold.csv", "id,n\n1,2\n2,3\n");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const steps = (...entries: string[]) => write("shop/lab.yml", `steps:\n${entries.map((e) => `  - {${e}}\n`).join("")}`);

async function run(options: Omit<RunLabOptions, "onEvent"> = {}, onEvent?: (event: LabEvent) => void) {
  const workspace = openRegistry(root);
  const events: LabEvent[] = [];
  const result = await runLab(workspace, workspace.lab("shop"), {
    ...options,
    onEvent: (event) => (events.push(event), onEvent?.(event)),
  });
  const lines = events.flatMap((event) => (event.type === "step-output" ? [event.text] : []));
  return { result, events, lines, steps: result.steps.map(({ name, status }) => `${name} ${status}`) };
}

async function ledgerSteps(runId: string | null) {
  const ledger = await openLedger(path(".labs/ledger.db"), { mode: "read" });
  const detail = await ledger.run(runId ?? "");
  const events = await ledger.events(runId ?? "");
  await ledger.close();
  return { steps: detail.steps, events };
}

async function sql(query: string): Promise<unknown[]> {
  const database = await openDatabase(path("shop/data/shop.duckdb"), { readOnly: true });
  const { rows } = await (await database.connect()).query(query);
  await database.close();
  return rows;
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // A zombie that nobody waits for is dead.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
};

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !condition(); i++) await sleep(25);
  expect(condition()).toBe(true);
}

describe("steps of a lab's own", () => {
  it("run where they stand, in the lab's folder, with the facts of the run", async () => {
    write(
      "shop/tell.ts",
      "export default ({ lab, step }: { lab: string; step: string }) => console.log(`ts ${lab} ${step}`);\n",
    );
    steps(
      "name: first, before: check, command: [sh, -c, 'echo 3,4 >> data/raw/sold.csv; pwd']",
      "name: line, after: load, command: 'echo $LABS_STEP $LABS_LAB | tr a-z A-Z'",
      "name: script, after: publish, script: tell.ts",
    );
    const { result, steps: done, lines } = await run();
    expect(done).toEqual(
      ["first", "check", "load", "line", "transform", "inspect", "publish", "script"].map((name) => `${name} ok`),
    );
    expect(lines).toEqual([path("shop"), "LINE SHOP", "ts shop script"]);
    // What the first step wrote was loaded.
    expect(result.rowsLoaded).toBe(3);
    const { steps: kept, events } = await ledgerSteps(result.runId);
    expect(kept.map(({ name, attempt, status }) => `${name} ${attempt} ${status}`)).toEqual(
      done.map((text) => text.replace(" ", " 1 ")),
    );
    expect(events.filter(({ type }) => type === "step-output").map(({ step, text }) => `${step}: ${text}`)).toContain(
      "line: LINE SHOP",
    );
  });

  it("that fail stop what follows them, except what is there for that, and nothing is published", async () => {
    steps(
      "name: bad, after: load, command: 'echo one; echo two >&2; exit 3'",
      "name: after, after: bad, command: [touch, after]",
      "name: mend, after: publish, when: on_failure, command: 'echo $LABS_RUN_STATUS'",
      "name: clean, after: publish, when: always, command: [touch, cleaned]",
    );
    const { result, steps: done, lines } = await run();
    expect(done).toEqual(["check ok", "load ok", "bad failed", "after skipped", "mend ok", "clean ok"]);
    expect(lines).toEqual(expect.arrayContaining(["one", "two", "failed"]));
    expect(existsSync(path("shop/after"))).toBe(false);
    expect(existsSync(path("shop/cleaned"))).toBe(true);
    expect(result).toMatchObject({
      status: "failed",
      published: null,
      error: {
        code: "STEP-001",
        message: expect.stringMatching(/^The step bad ended with code 3\. Its last lines:\n(one\ntwo|two\none)$/),
        place: { file: path("shop/lab.yml"), line: 2, column: 5 },
        data: { exitCode: 3 },
      },
    });
    steps(
      "name: bad, after: load, required: false, command: [sh, -c, exit 3]",
      "name: mend, after: publish, when: on_failure, command: [touch, mended]",
    );
    const second = await run();
    expect(second.result).toMatchObject({ status: "ok", published: { made: true } });
    expect(second.steps).toContain("bad failed");
    expect(second.steps).toContain("mend skipped");
  });

  it.each([
    ["name: s, after: load, command: [no-such-program]", "STEP-007", /no-such-program/],
    ["name: s, after: load, command: ['ls | wc']", "STEP-007", /no program here/],
    ["name: s, after: load, script: gone.ts", "STEP-003", /gone\.ts/],
    ["name: s, after: load, sql: gone.sql", "STEP-003", /gone\.sql/],
    ["name: s, after: load, command: env, env: [LABS_TEST_UNSET]", "STEP-004", /LABS_TEST_UNSET/],
    ["name: s, after: load, command: [kill, '0']", "STEP-001", /was ended by SIGTERM/],
    ["name: s, after: load, command: ['true'], outputs: out/*.csv", "STEP-005", /no file out\/\*\.csv/],
    ["name: s, after: load, sql: select * from nowhere", "STEP-006", /nowhere/],
    ["name: s, after: load, sql: \"attach '../other/data/other.duckdb' as o\"", "REG-013", /other/],
    ["name: s, after: load, timeout: 1s, command: 'trap \"\" TERM; sleep 60 & sleep 60'", "STEP-002", /after 1 s/],
    [
      "name: s, after: load, timeout: 1s, sql: 'select count(*) from range(100000) a, range(100000) b where (a.range * b.range) % 7 = 3'",
      "STEP-002",
      /rolled back/,
    ],
  ])(
    "tells why: %s",
    async (entry, code, message) => {
      steps(entry);
      const { error } = (await run({ steps: ["s"] })).result;
      expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
      expect(error?.hint).toBeTruthy();
    },
    20_000,
  );

  it("are tried again as often as they say, and each attempt is kept", async () => {
    steps(
      "name: flaky, before: check, retries: 3, retry_wait: 1s, command: 'echo x >> n; test $(wc -l < n) -ge 3 && echo $LABS_ATTEMPT'",
    );
    const { result, lines } = await run({ steps: ["flaky"] });
    expect(result.status).toBe("ok");
    expect(lines).toEqual(["3"]);
    const kept = (await ledgerSteps(result.runId)).steps;
    expect(kept.map(({ attempt, status }) => `${attempt} ${status}`)).toEqual(["1 failed", "2 failed", "3 ok"]);
  }, 20_000);

  it("see the variables that they name and no others, and show no value of them", async () => {
    process.env["LABS_TEST_TOKEN"] = "very-secret-value";
    process.env["LABS_TEST_OTHER"] = "not-for-you";
    try {
      steps(
        "name: loud, after: load, env: [LABS_TEST_TOKEN], command: 'echo $LABS_TEST_TOKEN; echo \"[$LABS_TEST_OTHER]\"; exit 1'",
      );
      const { result, events, lines } = await run();
      expect(lines).toEqual(["***", "[]"]);
      const { events: kept, steps: rows } = await ledgerSteps(result.runId);
      expect(JSON.stringify([result, events, kept, rows])).not.toContain("very-secret");
    } finally {
      delete process.env["LABS_TEST_TOKEN"];
      delete process.env["LABS_TEST_OTHER"];
    }
  });

  it("tell their output line by line, and not more than anybody reads", async () => {
    steps(
      'name: much, before: check, command: \'seq 100000; printf "a\\rb\\033[31mc\\033[0m\\n"; head -c 1000000 /dev/zero | tr "\\0" x; exit 1\'',
    );
    const { result, lines } = await run({ steps: ["much"] });
    expect(lines).toHaveLength(2001);
    expect(lines.slice(0, 2)).toEqual(["1", "2"]);
    const last = (result.error?.data?.["lines"] as string[] | undefined) ?? [];
    expect(last.at(-2)).toBe("bc");
    expect(last.at(-1)).toMatch(/^x{2000} …$/);
  });

  it("with inputs and outputs run only when something changed", async () => {
    write("shop/in/a.txt", "1");
    steps(
      "name: copy, before: check, inputs: 'in/*.txt', outputs: out/all.txt, command: 'mkdir -p out; cat in/*.txt > out/all.txt; echo x >> count'",
    );
    const count = async (options: RunLabOptions = {}) => {
      const { result } = await run({ steps: ["copy"], ...options });
      return `${result.steps[0]?.status} ${read("shop/count").length / 2}`;
    };
    expect(await count()).toBe("ok 1");
    expect(await count()).toBe("skipped 1");
    const workspace = openRegistry(root);
    expect((await planLab(workspace, workspace.lab("shop"))).steps).toMatchObject([
      { name: "copy", place: "before check", runs: false, why: expect.stringContaining("its input is as before") },
    ]);
    // Another time, same content.
    write("shop/in/a.txt", "1");
    expect(await count()).toBe("skipped 1");
    write("shop/in/a.txt", "2");
    expect(await count()).toBe("ok 2");
    write("shop/in/b.txt", "3");
    expect(await count()).toBe("ok 3");
    rmSync(path("shop/out/all.txt"));
    expect(await count()).toBe("ok 4");
    expect(await count({ changed: false })).toBe("ok 5");
    write("shop/lab.yml", read("shop/lab.yml").replace("echo x", "echo y"));
    expect(await count()).toBe("ok 6");
    expect(await count()).toBe("skipped 6");
    // One that failed has no known state.
    write("shop/lab.yml", read("shop/lab.yml").replace("echo y >> count", "echo y >> count; exit $(cat in/b.txt)"));
    expect(await count()).toBe("failed 7");
    expect(await count()).toBe("failed 8");
  });

  it("of SQL run in one transaction on the lab's database, and what depends on it is built again", async () => {
    steps(
      "name: more, after: load, sql: 'create or replace table raw.extra as select 7 as n; insert into raw.extra values (8)'",
    );
    write("shop/dbt/models/gold.sql", "select sum(n)::int as n from {{ source('raw', 'extra') }}");
    const first = await run();
    expect(first.result).toMatchObject({ status: "ok", models: { ok: 1, unchanged: 0 } });
    expect((await ledgerSteps(first.result.runId)).steps.find(({ name }) => name === "more")?.rows).toBe(1);
    expect(await sql("select n from gold")).toEqual([[15]]);
    steps("name: more, after: load, sql: 'update raw.extra set n = n + 1'");
    expect((await run()).result.models.unchanged).toBe(0);
    expect(await sql("select n from gold")).toEqual([[17]]);
    // A step that only reads leaves everything as it is known.
    steps("name: out, after: load, sql: \"copy (select * from raw.extra) to 'extra.csv'\"");
    expect((await run()).result.models).toMatchObject({ ok: 1, unchanged: 1 });
    expect(read("shop/extra.csv")).toBe("n\n8\n9\n");
    steps("name: half, after: load, sql: 'delete from raw.extra; select * from nowhere'");
    expect((await run()).result.status).toBe("failed");
    expect(await sql("select count(*)::int from raw.extra")).toEqual([[2]]);
  });

  it("that open the database get it for themselves, and only what they wrote counts as written", async () => {
    await run();
    const node = join(import.meta.dirname, "../../node_modules/@duckdb/node-api/lib/index.js");
    const script = (statement: string) =>
      write(
        "shop/own.mjs",
        `import { DuckDBInstance } from ${JSON.stringify(node)};
export default async ({ database }) => {
  const instance = await DuckDBInstance.create(database);
  const connection = await instance.connect();
  await connection.run(${JSON.stringify(statement)});
  connection.closeSync();
  instance.closeSync();
};
`,
      );
    steps("name: own, after: check, database: exclusive, script: own.mjs");
    write("shop/data/raw/sold_2.csv", "id,n\n9,9\n");
    script("select 1");
    const { result } = await run();
    expect(result).toMatchObject({ status: "ok", rowsLoaded: 1 });
    script("select 1");
    expect((await run()).result.models).toMatchObject({ ok: 1, unchanged: 1 });
    script("delete from _labs.raw_sold where n = 2");
    expect((await run()).result.models).toMatchObject({ ok: 1, unchanged: 0 });
    expect(await sql("select n from gold")).toEqual([[3]]);
    steps("name: own, after: check, script: own.mjs");
    expect((await run()).result.error?.message).toMatch(/lock/i);
  }, 30_000);

  it("end with a run that is cancelled, with all that they started; cleaning up still runs", async () => {
    steps(
      "name: slow, after: load, command: 'sleep 300 & echo $! > pid; wait'",
      "name: clean, after: publish, when: always, command: 'echo $LABS_RUN_STATUS > status'",
    );
    const stop = new AbortController();
    const running = run({ signal: stop.signal });
    await until(() => existsSync(path("shop/pid")) && read("shop/pid").trim() !== "");
    const pid = Number(read("shop/pid"));
    expect(alive(pid)).toBe(true);
    stop.abort();
    const { steps: done, result } = await running;
    expect(result.status).toBe("cancelled");
    expect(done).toEqual(["check ok", "load ok", "slow cancelled", "clean ok"]);
    expect(read("shop/status")).toBe("cancelled\n");
    await until(() => !alive(pid));
  });

  it("do not outlive a run that is killed", async () => {
    steps("name: slow, before: check, command: 'trap \"\" TERM HUP; sleep 300 & echo $$ $! > pids; wait'");
    const owner = spawn(process.execPath, [join(import.meta.dirname, "../cli/main.ts"), "run", "shop"], {
      cwd: root,
      stdio: "ignore",
    });
    await until(() => existsSync(path("shop/pids")) && read("shop/pids").includes("\n"));
    const pids = read("shop/pids").trim().split(" ").map(Number);
    expect(pids.map(alive)).toEqual([true, true]);
    owner.kill("SIGKILL");
    await until(() => !pids.some(alive));
    const { result } = await run({ steps: ["check"] });
    expect(result.status).toBe("ok");
  }, 30_000);

  it("of a lab.yml that is refused are told by whatever is run", async () => {
    steps("name: a, after: lod, command: [touch, a]");
    for (const names of [["a"], ["transform"], ["load"]])
      expect((await run({ steps: names })).result.error).toMatchObject({ code: "REG-005" });
  });

  it("run alone by name, and not with other steps", async () => {
    steps(
      "name: a, after: load, command: [touch, a]",
      "name: mend, after: publish, when: on_failure, command: [touch, mended]",
    );
    expect((await run({ steps: ["check", "load"] })).steps).toContain("a skipped");
    expect(existsSync(path("shop/a"))).toBe(false);
    const { steps: done } = await run({ steps: ["a", "mend"] });
    expect(done).toEqual([
      "check skipped",
      "load skipped",
      "a ok",
      "transform skipped",
      "inspect skipped",
      "publish skipped",
      "mend ok",
    ]);
    expect(existsSync(path("shop/mended"))).toBe(true);
  });
});
