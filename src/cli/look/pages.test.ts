import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Io, Verb } from "../io.ts";
import { parseVerb } from "../verb-arguments.ts";
import { verb as serve } from "../verbs/serve.ts";
import { verb as tokens } from "../verbs/tokens.ts";
import { verb as ui } from "../verbs/ui.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "pages-"));
  mkdirSync(join(root, "shared", "config"), { recursive: true });
  writeFileSync(join(root, "shared/config/labs_config.yaml"), "labs:\n  lab1: {}\n");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Runs a verb; `onOut` sees what it writes while it runs, and may stop it. */
async function labs(verb: Verb, words: string[], onOut?: (all: string, stop: () => void) => void) {
  const stop = new AbortController();
  let out = "";
  const io: Io = {
    cwd: root,
    env: {},
    out: (text) => {
      out += text;
      onOut?.(out, () => stop.abort());
    },
    err: () => {},
    isTTY: false,
    color: false,
    width: 80,
    signal: stop.signal,
  };
  const global = { output: "json" as const, trace: false, quiet: false };
  const code = await verb.run({ io, global, ...(await parseVerb("x", verb, words)) });
  return { code, out };
}

/** Looks at the page whose address is in a text, then lets the verb end. */
function look(pattern: RegExp) {
  const seen: { url?: string; labs?: unknown; status?: number } = {};
  const onOut = (all: string, stop: () => void) => {
    const url = pattern.exec(all)?.[1];
    if (url === undefined || seen.url !== undefined) return;
    seen.url = url;
    void (async () => {
      seen.labs = await (await fetch(`${url}/api/v1/labs`)).json();
      const body = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
      seen.status = (await fetch(`${url}/api/v1/labs/lab1/pause`, body)).status;
    })().finally(stop);
  };
  return { seen, onOut };
}

describe("labs ui and labs serve", () => {
  test("ui shows the workspace without a server, and changes nothing", async () => {
    const { seen, onOut } = look(/"url":"([^"]+)"/);
    const { code, out } = await labs(ui, ["--port", "0", "--no-open"], onOut);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ url: seen.url, read_only: true });
    expect(seen).toMatchObject({ status: 409, labs: { server: false, labs: [{ name: "lab1", state: "never" }] } });
  });

  test("serve has a page that acts, and ui finds it", async () => {
    const { seen, onOut } = look(/"type":"ui","url":"([^"]+)"/);
    let found: Promise<{ out: string }> | undefined;
    const { code } = await labs(serve, ["--port", "0"], (all, stop) => {
      onOut(all, () => void (found ??= labs(ui, ["--no-open"]).finally(stop)));
    });
    expect(code).toBe(0);
    expect(seen).toMatchObject({ status: 200, labs: { server: true } });
    expect(JSON.parse((await found)?.out ?? "{}")).toEqual({ url: seen.url, read_only: false });
    await expect(fetch(`${seen.url}/`)).rejects.toThrow();
  });

  test("serve leaves the page out, and ends when it cannot be offered", async () => {
    const { out } = await labs(serve, ["--no-ui"], (all, stop) => all.includes('"started"') && stop());
    expect(out).not.toContain('"ui"');
    await expect(labs(serve, ["--port", "70000"])).rejects.toMatchObject({ code: "CLI-002" });
    await expect(labs(serve, ["--port", "0", "--host", "0.0.0.0"])).rejects.toMatchObject({ code: "SRV-002" });
  });
});

describe("labs tokens", () => {
  test("makes, lists and takes back; the secret is shown once", async () => {
    const made = JSON.parse((await labs(tokens, ["add", "ann", "--role", "operator", "--expires", "90 days"])).out);
    expect(made).toMatchObject({ name: "ann", role: "operator" });
    expect(made.token).toMatch(/^labs_[\w-]{32}$/);
    const listed = (await labs(tokens, [])).out;
    expect(listed).toContain('"ann"');
    expect(listed).not.toContain(made.token);
    await expect(labs(tokens, ["add", "ann"])).rejects.toMatchObject({ code: "LED-009" });
    await labs(tokens, ["remove", "ann"]);
    expect(JSON.parse((await labs(tokens, [])).out)).toEqual({ tokens: [] });
    await expect(labs(tokens, ["remove", "ann"])).rejects.toMatchObject({ code: "CLI-002" });
    await expect(labs(tokens, ["add"])).rejects.toMatchObject({ code: "CLI-002" });
    await expect(labs(tokens, ["add", "ben", "--expires", "soon"])).rejects.toMatchObject({ code: "CLI-002" });
  });
});

describe("labs users", () => {
  /** The command itself: passwords come from its standard input. */
  const users = (words: string[], input = "") => {
    const main = join(import.meta.dirname, "..", "main.ts");
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [main, "users", ...words, "--workspace", root, "-o", "json"],
      { input, encoding: "utf8" },
    );
    return { status, stdout, stderr };
  };

  test("adds, changes, lists and removes; the password is piped in and shown nowhere", () => {
    const made = users(["add", "ann", "--role", "operator", "--lab", "lab1=admin"], "correct horse\n");
    expect(JSON.parse(made.stdout)).toMatchObject({ name: "ann", role: "operator", labs: { lab1: "admin" } });
    expect(made.stdout + made.stderr).not.toMatch(/horse|scrypt/);
    expect(JSON.parse(users(["set-role", "ann", "viewer"]).stdout)).toMatchObject({ role: "viewer", labs: null });
    expect(users(["passwd", "ann"], "battery staple\n").status).toBe(0);
    expect(JSON.parse(users([]).stdout)).toMatchObject({ users: [{ name: "ann", role: "viewer" }] });
    expect(users(["remove", "ann"]).status).toBe(0);
    expect(JSON.parse(users(["list"]).stdout)).toEqual({ users: [] });
  }, 60_000);

  test("says what is wrong", () => {
    const code = (words: string[], input?: string) => JSON.parse(users(words, input).stdout).error.code;
    expect(code(["add", "ann"], "")).toBe("CLI-002");
    expect(code(["add", "ann"], "short\n")).toBe("LED-014");
    expect(code(["add", "a b"], "correct horse\n")).toBe("CLI-002");
    expect(code(["add", "ann", "--lab", "lab9"], "correct horse\n")).toBe("REG-002");
    expect(code(["set-role", "ann", "boss"])).toBe("CLI-002");
    expect(code(["set-role", "ann", "admin"])).toBe("CLI-002");
    expect(code(["promote", "ann"])).toBe("CLI-002");
  }, 60_000);
});
