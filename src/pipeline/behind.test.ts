import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openLedger } from "#ledger/index.ts";
import { openRegistry } from "#registry/index.ts";
import { runLab } from "./run-lab.ts";

let root: string;
const write = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "labs-behind-")));
  write("shared/config/labs_config.yaml", "labs:\n  shop: {}\n");
  write("shop/dbt/dbt_project.yml", 'name: shop\nversion: "1.0"\nprofile: shop\n');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it("skipped nodes name the broken ones above them, and the ledger keeps it with the error and its place", async () => {
  write("shop/dbt/models/broken.sql", "select\n  no_such_column\nfrom (select 1 as a)");
  write("shop/dbt/models/fine.sql", "select null as a");
  write("shop/dbt/models/behind_broken.sql", "select * from {{ ref('broken') }}");
  write("shop/dbt/models/behind_test.sql", "select * from {{ ref('fine') }}");
  write("shop/dbt/models/behind_both.sql", "select 1 from {{ ref('behind_broken') }}, {{ ref('behind_test') }}");
  write(
    "shop/dbt/models/all.yml",
    `models:
  - { name: fine, columns: [{ name: a, data_tests: [not_null] }] }
  - { name: behind_both, columns: [{ name: a, data_tests: [not_null] }] }
`,
  );
  const workspace = openRegistry(root);
  const result = await runLab(workspace, workspace.lab("shop"));
  const behind = Object.fromEntries(result.nodes.filter((n) => n.behind).map((n) => [n.name, n.behind?.toSorted()]));
  const test = result.nodes.find((n) => n.name === "not_null_fine_a")?.uniqueId ?? "";
  expect(behind).toEqual({
    behind_broken: ["model.shop.broken"],
    behind_test: [test],
    behind_both: ["model.shop.broken", test].sort(),
    not_null_behind_both_a: ["model.shop.broken", test].sort(),
  });

  const ledger = await openLedger(join(root, ".labs/ledger.db"), { mode: "read" });
  const run = await ledger.run("last");
  const events = await ledger.events(run.id);
  await ledger.close();
  expect(run.summary).toMatchObject({ partial: "1 model failed" });
  expect(
    events.map((e) => e.data).find((d) => (d as { uniqueId?: string })?.uniqueId === "model.shop.broken"),
  ).toMatchObject({
    file: join(root, "shop/dbt/models/broken.sql"),
    error: { code: expect.any(String), place: { file: join(root, "shop/dbt/models/broken.sql"), line: 2 } },
  });
  expect(
    events
      .map((e) => (e.data as { behind?: string[] } | null)?.behind?.length ?? 0)
      .toSorted()
      .slice(-4),
  ).toEqual([1, 1, 2, 2]);
});
