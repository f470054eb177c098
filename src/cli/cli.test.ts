import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const main = join(import.meta.dirname, "main.ts");
const root = realpathSync(mkdtempSync(join(tmpdir(), "labs-cli-")));
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

async function finish(child: ChildProcess): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk) => (stdout += chunk));
  child.stderr?.on("data", (chunk) => (stderr += chunk));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

const environment = { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined };
const labs = (words: string[], cwd = root): Promise<Outcome> =>
  finish(spawn(process.execPath, [main, ...words], { cwd, env: environment, stdio: ["ignore", "pipe", "pipe"] }));

/** A process with a verb of the test's own, run through the same dispatcher. */
function withVerb(body: string): ChildProcess {
  const script = join(mkdtempSync(join(root, "verb-")), "run.ts");
  const at = (name: string) => JSON.stringify(join(import.meta.dirname, name));
  writeFileSync(
    script,
    `import { dispatch } from ${at("dispatch.ts")};
     import { verbs } from ${at("verbs.ts")};
     const run = async ({ io }) => { ${body} };
     verbs.mine = { group: "look", summary: "Mine", load: async () => ({ verb: { examples: [], run } }) };
     await dispatch(process.argv.slice(2));`,
  );
  return spawn(process.execPath, [script, "mine"], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
}

describe("help and version", () => {
  it("lists the commands without loading one", async () => {
    const { code, stdout } = await labs(["--help"]);
    expect(code).toBe(0);
    for (const word of ["init", "new", "doctor", "run", "dbt", "--workspace"]) expect(stdout).toContain(word);
    expect(await labs([])).toMatchObject({ code: 0, stdout });
    const json = JSON.parse((await labs(["--help", "-o", "json"])).stdout) as { commands: { command: string }[] };
    expect(json.commands.map(({ command }) => command)).toContain("init");
  });

  it("shows a command's usage, options, examples and exit codes", async () => {
    const { code, stdout } = await labs(["new", "--help"]);
    expect(code).toBe(0);
    for (const part of ["Usage: labs new <lab> [options]", "--template", "Examples:", "Exit codes:"]) {
      expect(stdout).toContain(part);
    }
    expect((await labs(["help", "new"])).stdout).toBe(stdout);
    expect((await labs(["--help", "new"])).stdout).toBe(stdout);
  });

  it("prints the version of the package", async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));
    expect(await labs(["--version"])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });
});

describe("wrong usage", () => {
  it.each([
    [["lsit"], "CLI-001", "labs list"],
    [["nonsense-words"], "CLI-001", "labs --help"],
    [["list", "--workspac", "x"], "CLI-002", "--workspace"],
    [["new"], "CLI-002", "Usage: labs new <lab>"],
    [["list", "one-too-many"], "CLI-002", "Usage"],
    [["list", "-o", "xml"], "CLI-002", "-o json"],
    [["list", "-o"], "CLI-002", "-o json"],
    [["--nope", "list"], "CLI-002", "labs --help"],
    [["list"], "REG-001", "labs init"],
  ])("labs %j ends with 2 and says what to do", async (words, code, hint) => {
    const { code: exit, stdout, stderr } = await labs(words);
    expect(exit).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(`error[${code}]`);
    expect(stderr).toMatch(/\n {2}fix: /);
    expect(stderr).toContain(hint);
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  it("is one JSON document with -o json, wherever the option stands", async () => {
    for (const words of [
      ["-o", "json", "list"],
      ["list", "-ojson"],
      ["list", "--output=json"],
    ]) {
      const { code, stdout, stderr } = await labs(words);
      expect({ code, stderr }).toEqual({ code: 2, stderr: "" });
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: "REG-001", hint: expect.any(String) } });
    }
    expect(JSON.parse((await labs(["lsit", "-o", "json"])).stdout)).toMatchObject({ error: { code: "CLI-001" } });
  });

  it("says when its folder was removed", async () => {
    const script = `mkdir gone && cd gone && rmdir ../gone && exec "$0" "$@"`;
    const child = spawn("sh", ["-c", script, process.execPath, main, "list", "-o", "json"], {
      cwd: root,
      env: environment,
    });
    const { code, stdout } = await finish(child);
    expect([code, JSON.parse(stdout).error.code]).toEqual([2, "CLI-004"]);
  });

  it("shows a stack trace when asked", async () => {
    expect((await labs(["list", "--trace"])).stderr).toMatch(/\n\s+at /);
  });
});

describe("a workspace from the command line", () => {
  const workspace = join(root, "ws");
  beforeAll(async () => {
    const { code, stdout } = await labs(["init", "ws"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/created {2}shared\/config\/labs_config\.yaml\n/);
    expect(stdout).toMatch(/1\. cd ws .*\n {2}2\. labs new/);
    expect((await labs(["new", "store_traffic", "--maintainer", "ann"], workspace)).code).toBe(0);
  });

  it("never overwrites when initialised again", async () => {
    const { code, stdout } = await labs(["init", "ws", "-o", "json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      created: [],
      kept: expect.arrayContaining([join(workspace, "README.md")]),
    });
  });

  it("lists labs and shows paths, from the root, from inside a lab and with --workspace", async () => {
    expect((await labs(["list"], workspace)).stdout).toMatch(/store_traffic +active +ann/);
    const inside = join(workspace, "store_traffic/dbt/models");
    const paths = JSON.parse((await labs(["paths", "-o", "json"], inside)).stdout);
    expect(paths).toMatchObject({
      lab: "store_traffic",
      database: join(workspace, "store_traffic/data/store_traffic.duckdb"),
      dbt_project: join(workspace, "store_traffic/dbt"),
      missing: ["database", "lock", "holder"],
    });
    const elsewhere = await labs(["--workspace", workspace, "paths", "store_traffic", "-o", "json"], tmpdir());
    expect(JSON.parse(elsewhere.stdout)).toEqual(paths);
    expect(await labs(["paths", "store_trafic"], workspace)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Did you mean `store_traffic`?"),
    });
    // The only lab there is needs no name.
    expect(JSON.parse((await labs(["paths", "-o", "json"], workspace)).stdout)).toEqual(paths);
  });

  it("checks labs with doctor: 0, 1 and 2", async () => {
    expect(await labs(["doctor"], workspace)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("Nothing is wrong"),
    });
    const database = join(workspace, "store_traffic/data/store_traffic.duckdb");
    writeFileSync(database, "this is not a database at all");
    const broken = await labs(["doctor", "-o", "json"], workspace);
    expect(broken.code).toBe(1);
    const [finding] = JSON.parse(broken.stdout).findings.filter((one: { level: string }) => one.level === "error");
    expect(finding).toMatchObject({ lab: "store_traffic", check: "database", fix: expect.any(String) });
    // The right letters in the right place, and nothing else: only DuckDB itself can tell.
    writeFileSync(database, Buffer.concat([Buffer.alloc(8), Buffer.from("DUCK"), Buffer.alloc(9000)]));
    expect(await labs(["doctor"], workspace)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("cannot be opened"),
    });
    rmSync(database);
    const config = join(workspace, "store_traffic/lab.yml");
    const before = readFileSync(config, "utf8");
    writeFileSync(config, before.replace("mode:", "mdoe:"));
    expect(await labs(["doctor", "store_traffic"], workspace)).toMatchObject({
      code: 2,
      stdout: expect.stringMatching(/`mdoe` is not a key[^]*lab\.yml:10:5[^]*Did you mean `mode`/),
    });
    writeFileSync(config, before);
  });

  it("keeps every entry when many labs are created at once", async () => {
    const names = Array.from({ length: 6 }, (_, i) => `at_once_${i}`);
    const results = await Promise.all(names.map((name) => labs(["new", name, "-t", "empty"], workspace)));
    expect(results.map(({ code, stderr }) => ({ code, stderr }))).toEqual(names.map(() => ({ code: 0, stderr: "" })));
    const { labs: listed } = JSON.parse((await labs(["list", "-o", "json"], workspace)).stdout);
    expect(listed.map((lab: { name: string }) => lab.name).sort()).toEqual([...names, "store_traffic"].sort());
  });

  it("lets one of two commands have a name", async () => {
    const results = await Promise.all([1, 2, 3].map(() => labs(["new", "wanted"], workspace)));
    expect(results.map(({ code }) => code).sort()).toEqual([0, 2, 2]);
  });

  it("registers a folder and tells what doctor finds in it", async () => {
    const folder = mkdtempSync(join(root, "old_"));
    const { code, stdout } = await labs(["add", folder, "--name", "old_one"], workspace);
    expect(code).toBe(0);
    expect(stdout).toContain("There is no dbt_project.yml");
    expect(readdirSync(folder)).toEqual([]);
  });

  it.runIf(process.platform !== "win32")("leaves nothing half written when files cannot grow", async () => {
    const registry = join(workspace, "shared/config/labs_config.yaml");
    const before = readFileSync(registry, "utf8");
    const child = spawn("sh", ["-c", 'ulimit -f 0; exec "$@"', "sh", process.execPath, main, "new", "too_big"], {
      cwd: workspace,
      env: { ...environment, NODE_DISABLE_COMPILE_CACHE: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const { code, stderr } = await finish(child);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(/error\[REG-01[01]\][^]*fix: /) });
    expect(existsSync(join(workspace, "too_big"))).toBe(false);
    expect(readFileSync(registry, "utf8")).toBe(before);
    expect(readdirSync(workspace).filter((name) => name.startsWith(".new-lab"))).toEqual([]);
  });
});

describe("signals and pipes", () => {
  const waiting = `
    setInterval(() => {}, 1000);
    io.out("started\\n");
    await new Promise((resolve) => io.signal.addEventListener("abort", resolve));`;

  it("lets a command finish after the first ctrl-C, and ends with 130", async () => {
    const child = withVerb(`${waiting} io.out("cleaned up\\n"); return 0;`);
    child.stdout?.once("data", () => child.kill("SIGINT"));
    expect(await finish(child)).toMatchObject({ code: 130, stdout: "started\ncleaned up\n" });
  });

  it("takes what a cancelled command throws for its end, not for a defect", async () => {
    const child = withVerb(`${waiting} io.signal.throwIfAborted();`);
    child.stdout?.once("data", () => child.kill("SIGTERM"));
    const { code, stderr } = await finish(child);
    expect(code).toBe(143);
    expect(stderr).not.toContain("error[");
  });

  it("stops at once at the second ctrl-C", async () => {
    const child = withVerb(`${waiting} io.out("stuck\\n"); await new Promise(() => {});`);
    // No finger is faster: what follows at once is the same press, passed on by whoever started the program.
    child.stdout?.on("data", () => setTimeout(() => child.kill("SIGINT"), 200));
    expect(await finish(child)).toMatchObject({ code: 130, stdout: "started\nstuck\n" });
  });

  it("is silent when the reader of its output went away", async () => {
    const child = withVerb(`
      for (let i = 0; i < 2000; i++) { io.out("x".repeat(1000) + "\\n"); await new Promise(setImmediate); }
      io.err("done\\n");
      return 0;`);
    child.stdout?.once("data", () => child.stdout?.destroy());
    expect(await finish(child)).toMatchObject({ code: 0, stderr: "done\n" });
  });

  it("calls anything unexpected a defect, without a stack trace", async () => {
    const { code, stderr } = await finish(withVerb(`throw new TypeError("oops");`));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[INTERNAL\]: oops\n {2}fix: .*--trace/);
    expect(await finish(withVerb(`Promise.reject(new Error("lost")); await new Promise(() => {});`))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error\[INTERNAL\]: lost\n/),
    });
    const thrown = withVerb(`setTimeout(() => { throw new Error("late"); }); await new Promise(() => {});`);
    expect(await finish(thrown)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error\[INTERNAL\]: late\n/),
    });
  });
});

describe("labs schedule", () => {
  it("names labs that wait for each other, and goes on with the others", async () => {
    const workspace = join(root, "waiting");
    await labs(["init", workspace]);
    for (const lab of ["first", "second", "third"]) await labs(["new", lab], workspace);
    const after = (lab: string, other: string) =>
      writeFileSync(join(workspace, lab, "lab.yml"), `schedule:\n  after: ${other}\n`);
    after("first", "second");
    after("second", "first");
    const { code, stdout, stderr } = await labs(["schedule"], workspace);
    expect(code).toBe(2);
    expect(stderr).toContain("REG-023");
    expect(stderr).toContain("first runs after second, second runs after first");
    expect(stdout).not.toContain("when that happens");
    expect(stdout).toContain("third");
    const health = await labs(["health"], workspace);
    expect(health.stdout).toContain("Labs wait for each other: first runs after second, second runs after first");
  });
});
