import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { demoFiles, detectChanges, generateDemoFile, loadChanges, openForLoading } from "#ingest/index.ts";
import { type Lab, openRegistry } from "#registry/index.ts";

const example = join(import.meta.dirname, "cpg");
const sales = join(import.meta.dirname, "../../shared/data/sales_data.csv");

let root: string;
let labs: readonly Lab[];
let api: ChildProcess;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "labs-cpg-"));
  cpSync(example, root, { recursive: true, filter: (path) => !/[/\\](data|target|logs|\.labs)$/.test(path) });
  labs = openRegistry(root).labs;
  api = spawn(process.execPath, [join(root, "shared/products-api.mjs"), "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const [said] = (await once(api.stdout ?? api, "data")) as [Buffer];
  process.env["PRODUCTS_API"] = /^http:[^ ]+(?=\/v1)/.exec(String(said))?.[0];
});
afterAll(() => {
  api.kill();
  delete process.env["PRODUCTS_API"];
  rmSync(root, { recursive: true, force: true });
});

/** Loads a lab's raw folder and asks its database. */
async function ingest(lab: Lab, ...questions: string[]) {
  const database = await openForLoading(lab);
  try {
    const plan = await detectChanges({ lab, database, settleMs: 0 });
    const result = await loadChanges(plan, { database, loadId: "test" });
    const connection = await database.connect();
    const answers = [];
    for (const sql of questions) answers.push(await connection.objects(sql));
    return { result, answers };
  } finally {
    await database.close();
  }
}

const lab = (name: string): Lab => {
  const found = labs.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no lab ${name}`);
  return found;
};

describe("the example workspace", () => {
  it("has three labs whose databases and projects are where the registry says", () => {
    expect(labs.map(({ name }) => name)).toEqual([
      "lab1_sales_performance",
      "lab2_forecast_model",
      "lab3_customer_segmentation",
    ]);
    for (const { hasProject, config } of labs) expect([hasProject, config.exists]).toEqual([true, true]);
  });

  it.each([false, true])("takes generated data by its contracts (dirty: %s)", async (dirty) => {
    for (const file of demoFiles) {
      const { raw } = lab(file.lab).paths;
      await generateDemoFile(file, raw, { rows: 2000, seed: 11, dirty, force: true });
    }
    for (const { name } of labs) {
      const { result } = await ingest(lab(name));
      expect(result.failed).toBe(0);
      for (const file of result.files)
        expect(file.rowsLoaded + file.rowsQuarantined + (file.rowsRepeated ?? 0)).toBe(file.rowsRead);
      // Wrong types come at five in a thousand; clean data has none.
      expect(result.rowsQuarantined > 0).toBe(dirty);
    }
  });

  it("polls its API, asks for no more than is new, and does without it when nobody answers", async () => {
    const question =
      "SELECT count(*)::INTEGER AS n, count(packaging_units_per_case)::INTEGER AS cases FROM raw.products";
    const products = (result: Awaited<ReturnType<typeof ingest>>["result"]) =>
      result.files.filter(({ source }) => source === "products");
    const first = await ingest(lab("lab2_forecast_model"), question);
    expect(first.result.failed).toBe(0);
    expect(first.answers).toEqual([[{ n: 40, cases: 40 }]]);
    // Only what lies in the overlap comes again, and it is known.
    const second = await ingest(lab("lab2_forecast_model"), question);
    expect(products(second.result)).toEqual([]);
    api.kill();
    await once(api, "exit");
    const third = await ingest(lab("lab2_forecast_model"), question);
    expect(products(third.result)).toMatchObject([{ outcome: "waiting", error: { code: "ING-041" } }]);
    expect([third.result.failed, third.answers]).toEqual([0, first.answers]);
  });

  it.skipIf(!existsSync(sales))(
    "takes the real sales file in place of generated data, with sums as in the file",
    async () => {
      const first = lab("lab1_sales_performance");
      mkdirSync(first.paths.raw, { recursive: true });
      copyFileSync(sales, join(first.paths.raw, "sales_data.csv"));
      const total = (from: string) =>
        `SELECT productline, count(*)::INTEGER AS n, round(sum(sales)::DOUBLE, 2) AS sales, sum(quantityordered)::INTEGER AS units FROM ${from} GROUP BY ALL ORDER BY ALL`;
      const { result, answers } = await ingest(
        first,
        total("raw.sales_data"),
        total(`'${sales.replaceAll("'", "''")}'`),
        "SELECT count(*)::INTEGER AS n FROM raw.sales_data",
      );
      expect(result.files).toMatchObject([{ rowsLoaded: 2823, rowsQuarantined: 0 }]);
      const [loaded, inFile, count] = answers;
      expect(loaded).toEqual(inFile);
      expect([loaded?.length, count]).toEqual([7, [{ n: 2823 }]]);
    },
  );
});
