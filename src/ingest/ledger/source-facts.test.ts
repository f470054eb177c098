import { afterEach, beforeEach, expect, it } from "vitest";
import { columns, source, TestLab } from "../testing/lab.ts";
import { sourceFacts } from "./source-facts.ts";

let lab: TestLab;
beforeEach(async () => {
  lab = await new TestLab().open();
});
afterEach(() => lab.close());

it("tells when sources were delivered last, and where they part from what a person declared", async () => {
  const declared = { columns: columns({ id: "BIGINT", v: "BIGINT" }), path: ["d*.csv"] };
  lab.sources = [
    source("d", declared),
    source("p", { ...declared, path: ["p*.csv"], proposed: true }),
    source("never"),
  ];
  for (const name of ["d", "p"]) {
    lab.write(`${name}1.csv`, "id,v\n1,2\n");
    lab.write(`${name}2.csv`, "id,v,w\n2,3,x\n");
  }
  const before = Date.now() - 60_000;
  await lab.ingest();
  const facts = await sourceFacts(lab.connection, lab.sources);
  expect(facts.map(({ table, departures }) => [table, departures])).toEqual([
    ["raw.d", ["w came without being declared"]],
    ["raw.p", null],
    ["raw.never", null],
  ]);
  expect(facts[0]?.deliveredAt).toBeGreaterThan(before);
  expect(facts[2]?.deliveredAt).toBeNull();
  // A file that brings nothing new is no delivery.
  await lab.connection.run("UPDATE _labs.loads SET loaded_at = loaded_at - INTERVAL 1 DAY");
  await lab.ingest();
  expect((await sourceFacts(lab.connection, lab.sources))[0]?.deliveredAt).toBeLessThan(before);
  expect((await sourceFacts(lab.connection, [])).map(({ source: name, departures }) => [name, departures])).toEqual([
    ["d", null],
    ["p", null],
  ]);
});
