import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { ingestErrors } from "../errors.ts";
import { writeStream } from "../load/input.ts";
import { salesData } from "./sales.ts";
import { customerList, customerTransactions } from "./transactions.ts";
import { weeklySales } from "./weekly.ts";

export interface DemoOptions {
  /** Rows of each main file. */
  rows: number;
  seed: number;
  /** Adds duplicates, missing values, wrong types and late rows at the rates of {@link dirtRates}. */
  dirty: boolean;
}

/** A file of example data: the lab it belongs to and how its text is made. */
export interface DemoFile {
  lab: string;
  name: string;
  text(options: DemoOptions): Generator<string>;
}

export const demoFiles: DemoFile[] = [
  { lab: "lab1_sales_performance", name: "sales_data.csv", text: (o) => salesData(o.rows, o.seed, o.dirty) },
  { lab: "lab2_forecast_model", name: "weekly_sales.csv", text: (o) => weeklySales(o.rows, o.seed, o.dirty) },
  { lab: "lab3_customer_segmentation", name: "customers.csv", text: (o) => customerList(o.rows, o.seed) },
  {
    lab: "lab3_customer_segmentation",
    name: "transactions.csv",
    text: (o) => customerTransactions(o.rows, o.seed, o.dirty),
  },
];

export interface GeneratedFile {
  lab: string;
  path: string;
  /** Rows written, header not counted. */
  rows: number;
  bytes: number;
  sha256: string;
}

/**
 * Writes one file of example data into a folder, under a temporary name first. Same options, same bytes, on any machine.
 * Errors: ING-012 for numbers out of range, ING-013 when the file exists already (unless `force`) or cannot be written.
 */
export async function generateDemoFile(
  file: DemoFile,
  folder: string,
  options: DemoOptions & { force?: boolean; signal?: AbortSignal },
): Promise<GeneratedFile> {
  requireSane(options);
  const path = join(folder, file.name);
  if (existsSync(path) && !options.force) {
    throw ingestErrors.notWritable({
      message: `${path} exists already.`,
      place: { file: path },
      hint: "Write elsewhere with `--out <folder>`, or replace it with `--force`.",
    });
  }
  const part = join(folder, `.${file.name}.${process.pid}.part`);
  const hash = createHash("sha256");
  let rows = -1;
  let bytes = 0;
  async function* pieces() {
    for (const text of file.text(options)) {
      const piece = Buffer.from(text);
      hash.update(piece);
      bytes += piece.length;
      for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, at + 1)) rows++;
      yield piece;
    }
  }
  try {
    mkdirSync(dirname(path), { recursive: true });
    await writeStream(part, pieces(), options.signal);
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EACCES" || code === "EROFS" || code === "ENOTDIR" || code === "EEXIST") {
      throw ingestErrors.notWritable({
        message: `${path} cannot be written: ${code === "EROFS" ? "the file system is read-only" : code === "EACCES" ? "you have no right to write there" : "a file lies where a folder is needed"}.`,
        place: { file: path },
        hint: "Choose another folder with `--out`.",
        cause: error,
      });
    }
    throw error;
  }
  return { lab: file.lab, path, rows, bytes, sha256: hash.digest("hex") };
}

function requireSane({ rows, seed }: DemoOptions): void {
  if (!Number.isInteger(rows) || rows < 1 || rows > 1e9) {
    throw ingestErrors.badOption({
      message: `\`--rows\` must be a whole number from 1 to 1,000,000,000, not ${rows}.`,
      hint: "For example `--rows 10000`.",
    });
  }
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw ingestErrors.badOption({
      message: `\`--seed\` must be a whole number from 0 upwards, not ${seed}.`,
      hint: "For example `--seed 42`.",
    });
  }
}
