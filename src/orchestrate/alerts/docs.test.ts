import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { alertEvents, readAlertsConfig, schemaFiles } from "#registry/index.ts";
import { send } from "./channels/send.ts";
import { renderTemplate } from "./template.ts";
import { templateFor } from "./templates.ts";
import { TestWorkspace } from "./testing/workspace.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/alerts.md"), "utf8");
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, "gm"))].map((match) => match[1] ?? "");

let test: TestWorkspace;
beforeEach(() => {
  test = new TestWorkspace().labs({
    shop: {
      "dbt/models/bronze.sql": "select no_such_column from (select 1 as a)",
      "dbt/models/gold.sql": "select * from {{ ref('bronze') }}",
    },
  });
});
afterEach(() => test.remove());

describe("docs/alerts.md", () => {
  it("its first example does what the page says", async () => {
    const [first = ""] = blocks("yaml");
    test.alerts(first);
    await test.run("shop");
    const alerter = await test.alerter({ send });
    await alerter.evaluate();
    await alerter.tick();
    await alerter.deliver();
    const lines = readFileSync(join(test.root, "shared/alerts.ndjson"), "utf8").trim().split("\n");
    expect(lines).toHaveLength(1);
    const { subject, body } = JSON.parse(lines[0] ?? "") as { subject: string; body: string };
    expect(page.replaceAll("\n", " ")).toContain(`\`${subject}\``);
    expect(body).toMatch(/[A-Z]+-\d{3}: /);
    expect(body).toContain("at `shop/dbt/models/bronze.sql");
    expect(body).toContain("1 model was skipped behind it.");
    expect(body).toContain("`labs logs ");
  });

  it("its whole file is one that is accepted", () => {
    const file = blocks("yaml").find((text) => text.includes("thresholds:") && text.includes("channels:\n")) ?? "";
    test.alerts(file.replace('labs: ["sales*"]', 'labs: ["s*"]'));
    const config = readAlertsConfig(test.root, ["shop"]);
    expect([...config.channels.keys()]).toEqual(["team", "ops", "portal", "pager"]);
    expect(config.thresholds).toMatchObject({ late: 900_000, stale: 93_600_000, quarantined: { share: 0.01 } });
  });

  it("its part of lab.yml is accepted", () => {
    const part = blocks("yaml").find((text) => text.startsWith("# lab.yml")) ?? "";
    test.write("shop/lab.yml", part);
    expect(test.workspace.lab("shop").config.alerts).toMatchObject({ channels: ["pager"], mute: new Set(["drift"]) });
  });

  it("its template can be used, and every placeholder that it names exists", () => {
    const [text = ""] = blocks("markdown");
    const problems: unknown[] = [];
    const own = templateFor("failed", { file: "failed.md", text }, (error) => problems.push(error));
    expect(problems).toEqual([]);
    expect(renderTemplate(own, { labs_text: "shop", what: "failed", summary: "x" }).subject).toBe("shop failed: x");
    const named = /About incidents there are ([^]*?)\. A template/.exec(page)?.[1]?.match(/`\w+`/g) ?? [];
    expect(named.length).toBeGreaterThan(20);
    for (const name of named.map((each) => each.slice(1, -1)).filter((each) => each !== "name")) {
      const list = name === "others" || name === "labs";
      const use = list ? `{{#each ${name}}}x{{/each}}` : `{{${name}}}`;
      templateFor("failed", { file: "t.md", text: `subject: s\n\n${use}\n` }, (error) => problems.push([name, error]));
    }
    expect(problems).toEqual([]);
  });

  it("its table has every event", () => {
    const rows = [...page.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1]);
    expect(rows).toEqual(expect.arrayContaining([...alertEvents, "recovered"]));
    expect(Object.keys(schemaFiles())).toContain("alerts.schema.json");
  });
});
