import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { commitOf } from "./code-version.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "labs-commit-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const git = (...words: string[]) =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...words], {
    cwd: folder,
    encoding: "utf8",
  }).trim();

it("reads the commit as git does: on a branch, packed, detached, in a worktree, from a folder below", () => {
  expect(commitOf(folder)).toBeUndefined();
  git("init", "-q", "-b", "main");
  expect(commitOf(folder)).toBeUndefined();
  writeFileSync(join(folder, "a"), "1");
  mkdirSync(join(folder, "deep"));
  git("add", ".");
  git("commit", "-q", "-m", "one");
  const first = git("rev-parse", "HEAD");
  expect(commitOf(join(folder, "deep"))).toBe(first);
  git("pack-refs", "--all");
  expect(commitOf(folder)).toBe(first);
  git("worktree", "add", "-q", join(folder, "tree"), "-b", "other");
  expect(commitOf(join(folder, "tree"))).toBe(first);
  git("checkout", "-q", "--detach");
  expect(commitOf(folder)).toBe(first);
});
