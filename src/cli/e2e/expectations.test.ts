import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { json, labs, smallWorkspace, write } from "./testing/harness.ts";

const shop = (labYml: string) =>
  smallWorkspace({
    shop: {
      "models/kpis.sql": "select * from (values (1, 'a'), (2, 'b'), (2, null)) as t(id, code)",
      "../lab.yml": labYml,
    },
  });
const expecting = (...items: string[]) =>
  `quality:\n  tables:\n    main.kpis:\n      expectations:\n${items.map((item) => `        - ${item}\n`).join("")}`;

describe("expectations at the command line", () => {
  it("show in runs, tests, reports of every format, and in the list of versions", async () => {
    const workspace = shop(
      expecting(
        "{ check: unique, column: id }",
        "{ check: not_null, column: code, severity: warn }",
        "{ check: row_count, min: 3 }",
      ),
    );
    const { code, document } = await json(workspace, "run", "shop");
    expect(code).toBe(1);
    expect(document.labs[0]).toMatchObject({ status: "failed", tests: { passed: 1, warned: 1, failed: 1 } });
    expect(document.labs[0].held).toMatchObject([{ why: "main.kpis: id is unique: 1 row repeats another one's" }]);
    expect(document.labs[0].nodes.filter((node: { expectation?: unknown }) => node.expectation)).toHaveLength(3);

    const tested = await labs(workspace, "test", "shop");
    expect(tested).toMatchObject({ code: 1, stdout: "1 test passed, 1 warned, 1 failed\n" });
    expect(tested.stderr).toContain("id is unique: 1 row repeats another one's");
    expect(tested.stderr).toContain("from _quality.failing_rows where expectation = 'main.kpis.unique_id'");

    const report = async (format: string) => (await labs(workspace, "report", "shop", "--format", format)).stdout;
    expect(await report("text")).toContain("fail main.kpis: id is unique: 1 row repeats another one's");
    expect(await report("markdown")).toContain("main.kpis: id is unique");
    expect(await report("html")).toContain("main.kpis: code is not null");
    const junit = await report("junit");
    expect(junit).toContain('<testsuite name="shop.expectations" tests="3" failures="1"');
    expect(junit).toContain('name="main.kpis: id is unique"');

    const listed = await labs(workspace, "publish", "shop", "--list");
    expect(listed.stdout).toContain("The last run was not published:\n  ! main.kpis: id is unique");
    const rows = await json(
      workspace,
      "query",
      "shop",
      "--live",
      "select expectation from _quality.failing_rows order by 1",
    );
    expect(JSON.stringify(rows.document)).toContain("main.kpis.not_null_code");
    // What is the platform's own is not published, whatever else is.
    write(workspace, { "shop/lab.yml": "publish: { schemas: [main, _quality] }\n" });
    expect((await labs(workspace, "run", "shop")).code).toBe(0);
    const published = await json(workspace, "publish", "shop", "--list");
    expect(published.document.versions[0].tables).toMatchObject([{ schema: "main", name: "kpis", rows: 3 }]);
  });

  it("are refused with their line when they are wrong, as settings of the workspace are", async () => {
    const wrong = async (labYml: string, quality = "") => {
      const workspace = shop(labYml);
      if (quality) write(workspace, { "shared/config/quality.yml": quality });
      const { code, stderr } = await labs(workspace, "run", "shop");
      expect(code).toBe(2);
      return stderr.replaceAll(`${join(workspace)}/`, "");
    };
    const misspelt = await wrong(expecting("{ check: uniqe, column: id }"));
    expect(misspelt).toMatch(/lab\.yml:5:\d+/);
    expect(misspelt).toContain("Did you mean `unique`?");
    const settings = await wrong("", "weights:\n  completness: 3\n");
    expect(settings).toMatch(/quality\.yml:2:3/);
    expect(settings).toContain("Did you mean `completeness`?");
  });
});
