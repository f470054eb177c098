import { expect, it } from "vitest";
import type { LabRunResult } from "#pipeline/index.ts";
import type { Io } from "../io.ts";
import { summaryTable } from "./screen.ts";

const result = (lab: string, failed: boolean): LabRunResult => ({
  lab,
  runId: null,
  status: failed ? "failed" : "ok",
  seconds: 123.4,
  steps: [],
  files: [],
  rowsLoaded: 1_234_567,
  rowsQuarantined: failed ? 12_345 : 0,
  nodes: [],
  models: { ok: 120, failed: failed ? 11 : 0, skipped: failed ? 23 : 0, unchanged: 0 },
  tests: { passed: 340, warned: failed ? 12 : 0, failed: failed ? 14 : 0, unchanged: 0 },
  quality: null,
  published: null,
  held: [],
  message: "",
});
const io = (width: number, isTTY: boolean) => ({ width, isTTY, color: false }) as Io;

it("fits the summary of a run to the terminal, and keeps what is bad in sight", () => {
  const results = [result("lab1_sales_performance_of_all_regions", true), result("lab2", false)];
  for (const width of [80, 100, 70]) {
    const lines = summaryTable(results, io(width, true)).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(lines[1]).toMatch(/^lab1_sales.* failed .*11 failed.* 14 failed.* 2 min/);
  }
  const piped = summaryTable([result("lab3_customer_segmentation", true)], io(80, false)).split("\n");
  // A program that reads a pipe wants every word.
  expect(piped[1]).toMatch(/^lab3_customer_segmentation .* 11 failed, 23 skipped, 120 ok .* 340 ok /);
});
