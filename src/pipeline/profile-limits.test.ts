import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openDatabase } from "#duck/index.ts";
import type { Lab } from "#registry/index.ts";
import { limitByProfile } from "./profile-limits.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "labs-limits-"));
  writeFileSync(join(folder, "dbt_project.yml"), "name: shop\nprofile: shop\n");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function limitsWith(profile: string): Promise<unknown[]> {
  writeFileSync(join(folder, "profiles.yml"), profile);
  const paths = { profiles: [folder], dbtProject: folder, database: join(folder, "shop.duckdb") };
  const database = await openDatabase(":memory:", { config: { threads: "2", memory_limit: "2GiB" } });
  try {
    await limitByProfile({ name: "shop", paths } as Lab, database);
    const connection = await database.connect();
    const { rows } = await connection.query(
      "SELECT current_setting('memory_limit'), current_setting('threads')::VARCHAR",
    );
    return rows[0] ?? [];
  } finally {
    await database.close();
  }
}

it("takes the limits of a profile, whichever key has them", async () => {
  const profile = (more: string) => `shop:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n${more}`;
  expect(await limitsWith(profile("      settings: {memory_limit: 512MiB, threads: 1}\n"))).toEqual(["512.0 MiB", "1"]);
  expect(await limitsWith(profile("      config_options: {memory_limit: 256MiB}\n"))).toEqual(["256.0 MiB", "2"]);
  expect(await limitsWith(profile(""))).toEqual(["2.0 GiB", "2"]);
});

it("leaves a profile that cannot be read to the models", async () => {
  expect(await limitsWith("shop: [\n")).toEqual(["2.0 GiB", "2"]);
});
