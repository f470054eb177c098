import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { isLabsError, type LabsError } from "#errors/index.ts";
import { folderWith } from "../folder.fixture.ts";
import { parseYaml } from "../yaml/index.ts";
import { unpack } from "./archive.ts";
import { type DepsOptions, installPackages } from "./index.ts";
import { packagesHash } from "./lock-file.ts";

const project = "name: root\nprofile: p\n";

async function deps(root: string, given: Partial<DepsOptions> = {}): Promise<string[]> {
  const said: string[] = [];
  await installPackages({
    projectDir: join(root, "root"),
    vars: {},
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
    versionCheck: true,
    upgrade: false,
    lockOnly: false,
    report: ({ text }) => said.push(text),
    warn: ({ text }) => said.push(text),
    ...given,
  });
  return said;
}

async function failure(run: Promise<unknown>): Promise<LabsError> {
  try {
    await run;
  } catch (error) {
    if (isLabsError(error)) return error;
    throw error;
  }
  throw new Error("it went through");
}

const lockOf = (root: string): string => readFileSync(join(root, "root/package-lock.yml"), "utf8");

describe("local packages", () => {
  const files = {
    "root/dbt_project.yml": project,
    "root/packages.yml": "packages:\n  - local: ../lp1\n",
    "lp1/dbt_project.yml": "name: lp1\n",
    "lp1/packages.yml": "packages:\n  - local: ../lp2\n",
    "lp2/dbt_project.yml": "name: lp2\n",
  };

  it("are linked, those of packages too, and locked with dbt's hash", async () => {
    const root = folderWith(files);
    expect(await deps(root)).toEqual([
      `Updating lock file in file path: ${join(root, "root/package-lock.yml")}`,
      "Installing ../lp1",
      "Creating symlink to local dependency.",
      "Installed from <local @ ../lp1>",
      "Installing ../lp2",
      "Creating symlink to local dependency.",
      "Installed from <local @ ../lp2>",
    ]);
    expect(lockOf(root)).toBe(
      "packages:\n  - local: ../lp1\n    name: lp1\n  - local: ../lp2\n    name: lp2\nsha1_hash: 3c0cd7071455f06b2def035324b251d19cbb9aef\n",
    );
    expect(lstatSync(join(root, "root/dbt_packages/lp1")).isSymbolicLink()).toBe(true);
    // The second time the lock file still holds.
    expect(await deps(root)).not.toContain(`Updating lock file in file path: ${join(root, "root/package-lock.yml")}`);
    expect((await deps(root, { upgrade: true, lockOnly: true })).join()).toContain("Updating lock file");
  });

  it("must exist, and must not share a name", async () => {
    const root = folderWith({ ...files, "root/packages.yml": "packages:\n  - local: ../nope\n" });
    expect((await failure(deps(root))).message).toContain(
      `No dbt_project.yml found at expected path ${join(root, "nope/dbt_project.yml")}`,
    );
    const twice = folderWith({
      ...files,
      "root/packages.yml": "packages:\n  - local: ../lp1\n  - local: ../lp2\n",
      "lp1/packages.yml": "",
      "lp1/dbt_project.yml": "name: lp2\n",
    });
    expect((await failure(deps(twice))).message).toContain('Found duplicate project "lp2"');
    const self = folderWith({ ...files, "lp2/dbt_project.yml": "name: root\n" });
    expect((await failure(deps(self))).message).toContain('same name as the root project "root"');
  });

  it("may be absent altogether", async () => {
    const root = folderWith({ "root/dbt_project.yml": project });
    const line = "Warning: No packages were found in packages.yml";
    expect(await deps(root)).toEqual([line, line]);
  });
});

describe("git packages", () => {
  const git = (folder: string, ...args: string[]): string =>
    execFileSync("git", ["-c", "user.email=a@example.com", "-c", "user.name=a", ...args], {
      cwd: folder,
      encoding: "utf8",
    }).trim();

  it("are cloned at their revision and locked by commit", async () => {
    const root = folderWith({
      "root/dbt_project.yml": project,
      "repo/dbt_project.yml": "name: gp\n",
      "repo/sub/dbt_project.yml": "name: sub\n",
    });
    const repo = join(root, "repo");
    git(repo, "init", "-q");
    git(repo, "add", ".");
    git(repo, "commit", "-qm", "one");
    git(repo, "tag", "v1");
    const sha = git(repo, "rev-parse", "HEAD");
    writeFileSync(join(root, "root/packages.yml"), `packages:\n  - git: ${repo}\n    revision: v1\n`);
    expect(await deps(root)).toContain(`Installed from revision ${sha}`);
    expect(parseYaml(lockOf(root), "lock").data).toMatchObject({
      packages: [{ git: repo, name: "gp", revision: sha }],
    });
    expect(existsSync(join(root, "root/dbt_packages/gp/dbt_project.yml"))).toBe(true);

    writeFileSync(join(root, "root/packages.yml"), `packages:\n  - git: file://${repo}\n    subdirectory: sub\n`);
    const said = await deps(root);
    expect(said.join("\n")).toContain("is not pinned, using HEAD (default branch)");
    expect(said).toContain("and subdirectory sub");
    expect(existsSync(join(root, "root/dbt_packages/sub/dbt_project.yml"))).toBe(true);
    expect(existsSync(join(root, "root/dbt_packages/gp"))).toBe(false);

    writeFileSync(
      join(root, "root/packages.yml"),
      `packages:\n  - git: ${repo}\n    revision: v1\n  - git: ${repo}.git\n    revision: v2\n`,
    );
    expect((await failure(deps(root))).message).toContain("git dependencies should contain exactly one version");
    writeFileSync(join(root, "root/packages.yml"), `packages:\n  - git: ${join(root, "nowhere")}\n`);
    const error = await failure(deps(root));
    expect(error.message).toContain("Error checking out spec='None'");
    expect(error.data?.dbtType).toBe("Internal Error");
    // A failure leaves what was installed.
    expect(existsSync(join(root, "root/dbt_packages/sub/dbt_project.yml"))).toBe(true);
  });
});

/** A .tar.gz of small files below one folder. */
function archive(files: Record<string, string>): Buffer {
  const blocks: Buffer[] = [];
  for (const [name, text] of Object.entries(files)) {
    const header = Buffer.alloc(512);
    header.write(`top-1.0/${name}`, 0);
    header.write(Buffer.byteLength(text).toString(8).padStart(11, "0"), 124);
    header.write("0", 156);
    header.write("ustar\0", 257);
    blocks.push(header, Buffer.from(text), Buffer.alloc((512 - (Buffer.byteLength(text) % 512)) % 512));
  }
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

describe("packages from the hub and from addresses", () => {
  async function hub(): Promise<string> {
    const server = createServer((request, response) => {
      const base = `http://localhost:${(server.address() as AddressInfo).port}`;
      const version = (name: string, packages: unknown[], needs?: string) => ({
        name,
        packages,
        downloads: { tarball: `${base}/${name}.tgz` },
        require_dbt_version: needs ?? [],
      });
      if (request.url === "/api/v1/acme/utils.json") {
        const versions = {
          "1.0.0": version("utils", []),
          "1.10.0": version("utils", [{ package: "acme/base", version: ">=0.1.0" }]),
          "1.9.0": version("utils", []),
          "2.0.0": version("utils", [], ">=9.0.0"),
          "1.11.0-rc1": version("utils", []),
        };
        response.end(JSON.stringify({ name: "utils", versions }));
      } else if (request.url === "/api/v1/acme/base.json") {
        response.end(JSON.stringify({ name: "base", versions: { "0.1.0": version("base", []) } }));
      } else if (request.url === "/utils.tgz" || request.url === "/base.tgz") {
        const name = request.url.slice(1, -4);
        response.end(
          archive({
            "dbt_project.yml": `name: ${name}\nversion: 1.10.0\n`,
            "macros/m.sql": "-- m",
            "../evil.txt": "x",
          }),
        );
      } else {
        response.statusCode = 404;
        response.end();
      }
    });
    await new Promise<void>((done) => void server.listen(0, () => done()));
    onTestFinished(() => void server.close());
    return `http://localhost:${(server.address() as AddressInfo).port}/`;
  }
  const environment = (url: string) => ({ env: { PATH: process.env.PATH, DBT_PACKAGE_HUB_URL: url } });

  it("take the newest version that fits everybody and this dbt", async () => {
    const url = await hub();
    const root = folderWith({
      "root/dbt_project.yml": project,
      "root/packages.yml": 'packages:\n  - package: acme/utils\n    version: [">=1.0.0", "<2.0.0"]\n',
    });
    const said = await deps(root, environment(url));
    expect(said).toContain("Installed from version 1.10.0");
    expect(said).toContain("Up to date!");
    expect(parseYaml(lockOf(root), "lock").data).toMatchObject({
      packages: [
        { package: "acme/utils", name: "utils", version: "1.10.0" },
        { package: "acme/base", name: "base", version: "0.1.0" },
      ],
    });
    expect(readFileSync(join(root, "root/dbt_packages/utils/macros/m.sql"), "utf8")).toBe("-- m");
    expect(existsSync(join(root, "root/dbt_packages/evil.txt"))).toBe(false);

    // Without the hub what is installed stays, when it is what is asked for.
    writeFileSync(join(root, "root/packages.yml"), "packages:\n  - package: acme/utils\n    version: 1.10.0\n");
    const offline = { env: { PATH: process.env.PATH }, fetch: () => Promise.reject(new Error("no network")) };
    expect((await deps(root, offline)).join("\n")).toContain("keeping acme/utils 1.10.0 as it is installed");
    expect(existsSync(join(root, "root/dbt_packages/utils/macros/m.sql"))).toBe(true);
  });

  it("say which versions there are, and what to do without a network", async () => {
    const url = await hub();
    const root = folderWith({
      "root/dbt_project.yml": project,
      "root/packages.yml": "packages:\n  - package: acme/utils\n    version: 3.0.0\n",
    });
    expect((await failure(deps(root, environment(url)))).message).toContain(
      "Compatible versions: ['1.0.0', '1.9.0', '1.10.0']",
    );
    writeFileSync(join(root, "root/packages.yml"), "packages:\n  - package: acme/nothing\n    version: 3.0.0\n");
    expect((await failure(deps(root, environment(url)))).message).toBe(
      "Package acme/nothing was not found in the package index",
    );
    const error = await failure(deps(root, { fetch: () => Promise.reject(new Error("no network")) }));
    expect(error.message).toContain(
      "cannot be fetched from https://hub.getdbt.com/api/v1/acme/nothing.json: no network",
    );
    expect(error.hint).toContain("local:");
    expect(error.retryable).toBe(true);
  });

  it("come as archives too", async () => {
    const url = await hub();
    const root = folderWith({
      "root/dbt_project.yml": project,
      "root/packages.yml": `packages:\n  - tarball: ${url}utils.tgz\n    name: my_utils\n`,
    });
    expect(await deps(root, environment(url))).toContain(`Installed from tarball (url: ${url}utils.tgz)`);
    expect(existsSync(join(root, "root/dbt_packages/my_utils/dbt_project.yml"))).toBe(true);
  });
});

describe("hostile packages", () => {
  it("name no folder outside of the packages", async () => {
    const root = folderWith({
      "root/dbt_project.yml": project,
      "root/packages.yml": "packages:\n  - local: ../lp\n",
      "root/macros/own.sql": "-- own",
      "lp/dbt_project.yml": "name: ../macros\n",
    });
    expect(await failure(deps(root))).toMatchObject({
      message: 'The package name "../macros" is no name of a folder.',
    });
    expect(readFileSync(join(root, "root/macros/own.sql"), "utf8")).toBe("-- own");
  });

  it("are no archives that never end, or none at all", () => {
    const root = folderWith({});
    const header = Buffer.alloc(512);
    header.write("top/a.sql", 0);
    header.write("-1000", 124);
    header.write("0", 156);
    const archives = [
      gzipSync(Buffer.concat([header, Buffer.alloc(2048)])),
      Buffer.from("<html>"),
      archive({ a: "x" }).subarray(0, 40),
    ];
    for (const bytes of archives)
      expect(() => unpack(bytes, root, "https://t/x.tgz")).toThrow(
        /^What https:\/\/t\/x\.tgz gives cannot be unpacked: /,
      );
  });
});

describe("--add-package", () => {
  it("replaces entries for the same package and keeps the others", async () => {
    const root = folderWith({
      "root/dbt_project.yml": project,
      "root/packages.yml":
        "packages:\n  - git: https://github.com/dbt-labs/dbt-utils.git\n    warn-unpinned: false\n  - local: ../lp\n",
      "lp/dbt_project.yml": "name: lp\n",
    });
    const run = deps(root, {
      add: { name: "dbt-labs/dbt_utils", version: ">=1.0.0,<2.0.0", source: "hub" },
      lockOnly: true,
      fetch: () => Promise.reject(new Error("no network")),
    });
    await failure(run);
    expect(readFileSync(join(root, "root/packages.yml"), "utf8")).toBe(
      "packages:\n  - local: ../lp\n  - package: dbt-labs/dbt_utils\n    version:\n      - '>=1.0.0'\n      - <2.0.0\n",
    );
  });

  it("creates packages.yml", async () => {
    const root = folderWith({ "root/dbt_project.yml": project, "lp/dbt_project.yml": "name: lp\n" });
    const said = await deps(root, { add: { name: "../lp", version: null, source: "local" } });
    expect(said.slice(0, 2)).toEqual([
      "Created packages.yml",
      `Added new package ../lp@None to ${join(root, "root/packages.yml")}`,
    ]);
    expect(existsSync(join(root, "root/dbt_packages/lp"))).toBe(true);
  });
});

it("hashes every kind of entry as dbt does", () => {
  const entries = [
    { local: "../x" },
    { package: "a/b", version: "1.0.0" },
    { package: "a/c", version: [">=1.0.0", "<2.0.0"], install_prerelease: true },
    { git: "https://x/y.git", revision: "1.0" },
    ...(parseYaml("- {git: https://x/z.git, revision: 1.0, warn-unpinned: false, subdirectory: s}", "x").data as Record<
      string,
      unknown
    >[]),
    { tarball: "https://t/x.tgz", name: "tt" },
    { private: "o/r", provider: "github" },
    { local: "../é", name: "n" },
  ];
  // Computed by dbt-core 1.12.3.
  expect(packagesHash(entries.map((entry) => ({ entry, unrendered: entry })))).toBe(
    "b46304b5e615f611904bcafa355cfd1ff79d048c",
  );
});
