import { afterAll, beforeAll, expect, it } from "vitest";
import { TestLab } from "../testing/lab.ts";
import { proposeTypes } from "./propose.ts";

let lab: TestLab;
beforeAll(async () => {
  lab = await new TestLab().open();
});
afterAll(async () => {
  await lab.close();
});

/** One column of each kind; what it is shows only in the last row of some. */
const kinds: [name: string, early: string, last: string, type: string, format?: string][] = [
  ["whole", "12", "-7", "BIGINT"],
  ["fraction", "12", "0.5", "DOUBLE"],
  ["code", "12", "007", "VARCHAR"],
  ["flag", "true", "FALSE", "BOOLEAN"],
  ["day", "2024-01-31", "2024-02-29", "DATE"],
  ["no_day", "2024-01-31", "2024-02-30", "VARCHAR"],
  ["time", "2024-01-31", "2024-01-31 10:00:00", "TIMESTAMP"],
  ["german", "31.01.2024", "01.02.2024", "DATE", "%d.%m.%Y"],
  ["either", "01/02/2024", "03/04/2024", "VARCHAR"],
  ["text", "12", "twelve", "VARCHAR"],
];
const columns = Array.from({ length: 1_203 }, (_, i) => kinds[i % kinds.length] as (typeof kinds)[number]);
const name = (i: number) => `c${i} "q"`;

it("proposes for a thousand columns what it proposes for each of them alone", async () => {
  const connection = await lab.database.connect();
  const quoted = (i: number) => `"c${i} ""q"""`;
  const picked = columns.map(
    ([, early, last], i) => `CASE WHEN n = 1500 THEN '${last}' WHEN n % 3 > 0 THEN '${early}' END AS ${quoted(i)}`,
  );
  await connection.run(
    `CREATE TEMP TABLE wide AS SELECT ${picked.join(", ")}, NULL::VARCHAR AS nothing FROM range(1, 1501) AS t(n)`,
  );
  const names = [...columns.map((_, i) => name(i)), "nothing"];
  const wide = await proposeTypes(connection, "wide", names);
  const expected = columns.map(([, , , type, format], i) => ({
    name: name(i),
    type,
    nullable: true,
    ...(format !== undefined && { format }),
  }));
  expect(wide).toEqual([...expected, { name: "nothing", type: "VARCHAR", nullable: true }]);
  expect(await proposeTypes(connection, "wide", names.slice(0, 10))).toEqual(expected.slice(0, 10));
  await connection.close();
});
