import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer } from "#server/index.ts";
import { workspaceWithRun } from "../../server/testing/workspace.ts";
import { parseVerb } from "../verb-arguments.ts";
import { type VerbEntry, verbs } from "../verbs.ts";

let root: string;
let run: string;
let server: RunningServer;
beforeAll(async () => {
  ({ root, run } = await workspaceWithRun());
  server = await startServer({ workspace: root, port: 0, pages: join(root, "no"), version: "1", checkAnswers: true });
  const post = (path: string) =>
    fetch(`${server.url}/api/v1${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
  await post("/labs/idle/pause");
  await post("/labs/idle/runs");
});
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

/** What a command writes with `-o json`. */
async function labs(name: string, ...words: string[]) {
  const { verb } = await (verbs[name] as VerbEntry).load();
  let out = "";
  const io = {
    cwd: root,
    env: {},
    out: (text: string) => (out += text),
    err: () => {},
    isTTY: false,
    color: false,
    width: 80,
    signal: new AbortController().signal,
  };
  const global = { output: "json" as const, trace: false, quiet: false };
  await verb.run({ io, global, ...(await parseVerb(name, verb, words)) });
  return JSON.parse(out);
}
const api = async (path: string) => JSON.parse(await (await fetch(`${server.url}/api/v1${path}`)).text());

/**
 * What both tell has one name and one value: everything of the API's answer is in the command's, which may tell more. What
 * moves between two looks (free memory, load) is there in both.
 */
const moving = new Set(["load", "memoryFree", "diskFree", "uptimeSeconds", "seenAt"]);
function expectWithin(whole: unknown, part: unknown, at: string): void {
  if (Array.isArray(part)) {
    expect(whole, at).toHaveLength(part.length);
    part.forEach((each, i) => expectWithin((whole as unknown[])[i], each, `${at}[${i}]`));
  } else if (typeof part === "object" && part !== null) {
    for (const [name, value] of Object.entries(part)) {
      expect(Object.keys((whole ?? {}) as object), at).toContain(name);
      const own = (whole as Record<string, unknown>)[name];
      if (moving.has(name)) expect(typeof own, `${at}.${name}`).toBe(typeof value);
      else expectWithin(own, value, `${at}.${name}`);
    }
  } else expect(whole, at).toEqual(part);
}

describe("a command with -o json and the API", () => {
  test.each<[command: string, words: string[], path: () => string]>([
    ["list", [], () => "/labs"],
    ["status", [], () => "/labs"],
    ["history", ["-n", "50"], () => "/runs"],
    ["history", ["shop", "-n", "1"], () => "/runs?lab=shop&limit=1"],
    ["logs", ["last"], () => `/runs/${run}`],
    ["logs", ["last"], () => `/runs/${run}/events`],
    ["jobs", ["--all"], () => "/jobs"],
    ["health", [], () => "/health"],
    ["alerts", [], () => "/alerts?state=open"],
    ["quarantine", ["shop", "show"], () => "/labs/shop/quarantine"],
    ["files", ["shop"], () => "/labs/shop/files"],
  ])("labs %s %j says what the API says", async (command, words, path) => {
    const [own, theirs] = [await labs(command, ...words), await api(path())];
    expect(Object.keys(theirs).length).toBeGreaterThan(0);
    // Whether a server runs the labs is a question to the server.
    const { server: _server, ...rest } = theirs;
    expectWithin(own, rest, command);
  });

  test("labs schedule says what a lab's page says", async () => {
    const { labs: own } = await labs("schedule", "-n", "5");
    for (const { name, schedule, paused } of own) {
      const detail = await api(`/labs/${name}`);
      expect([name, schedule, paused]).toEqual([name, detail.schedule, detail.lab.paused]);
    }
    expect(own.map(({ name }: { name: string }) => name)).toEqual(["shop", "idle"]);
  });

  test("labs inspect has the scores that the API has", async () => {
    const { score, schemas, tables } = await labs("inspect", "shop");
    const { scores } = await api(`/runs/${run}`);
    const own = [
      score,
      ...schemas.map((each: typeof score) => each.score),
      ...tables.map((t: typeof score) => t.score),
    ];
    const named = new Map(own.filter((each) => each !== null).map((each) => [`${each.scope} ${each.name}`, each]));
    expect(scores.length).toBeGreaterThan(2);
    for (const each of scores) expectWithin(named.get(`${each.scope} ${each.name}`), each, each.name);
  });
});
