import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadDotEnv } from "./dot-env.ts";

let folder = "";
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "labs-dotenv-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("loadDotEnv", () => {
  it("adds what is not set yet, from the nearest file at or above the folder", () => {
    writeFileSync(
      join(folder, ".env"),
      "# a comment\nexport A=one\nB='two words'\nC=file\nD=${A}-${C}-${NONE:-usual}\n",
    );
    mkdirSync(join(folder, "below"));
    const env = { C: "shell" };
    loadDotEnv(join(folder, "below"), env);
    expect(env).toEqual({ A: "one", B: "two words", C: "shell", D: "one-shell-usual" });
  });

  it("does nothing without a file", () => {
    mkdirSync(join(folder, ".env"));
    const env = {};
    loadDotEnv(folder, env);
    expect(env).toEqual({});
  });
});
