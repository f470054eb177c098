import { mkdtempSync, rmSync, statSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { once, type Sample, sideBySide } from "../measure.ts";
import { writePart } from "../results.ts";
import { checkedLab, makeChecks } from "./checks.ts";
import { greatExpectationsPython, sodaPython } from "./others.ts";
import { makeTables } from "./tables.ts";

const node = [process.execPath, join(import.meta.dirname, "work.ts")];
const labs = [process.execPath, join(import.meta.dirname, "..", "..", "dist", "labs.js")];

/**
 * `npm run bench -- quality [--rows 10000000] [--rounds 1]`: a profile against SUMMARIZE, a publication against COPY FROM
 * DATABASE, twenty checks against soda-core and Great Expectations. The checks are measured on a tenth of the rows.
 */
export async function quality(words: string[]): Promise<void> {
  const number = (flag: string, otherwise: number) => Number(words[words.indexOf(flag) + 1]) || otherwise;
  const [rows, rounds] = [number("--rows", 10_000_000), number("--rounds", 1)];
  const [soda, great] = [sodaPython(), greatExpectationsPython()];
  const root = mkdtempSync(join(tmpdir(), "labs-bench-"));
  const lines: string[] = [];
  const table = (title: string, results: Record<string, Sample>): void => {
    const [base] = Object.values(results);
    lines.push(
      `## ${title}`,
      "",
      "| | wall, s | CPU, s | wall against the first | CPU against the first |",
      "|---|---:|---:|---:|---:|",
    );
    for (const [name, { wall, cpu }] of Object.entries(results))
      lines.push(
        `| ${name} | ${wall.toFixed(2)} | ${cpu.toFixed(2)} | ${(wall / (base?.wall ?? 1)).toFixed(2)} | ${(cpu / (base?.cpu ?? 1)).toFixed(2)} |`,
      );
    lines.push("");
    process.stdout.write(`${lines.slice(-Object.keys(results).length - 4).join("\n")}\n`);
  };
  try {
    const live = join(root, "live.duckdb");
    await makeTables(live, rows);
    const work = (...args: string[]) => once([...node, ...args]);
    table(
      `Profile of ${rows.toLocaleString("en")} rows × 20 columns`,
      sideBySide(
        {
          SUMMARIZE: () => work("summarize", live),
          "`DataInspector`: also zeros, negatives, lengths, five quantiles, most frequent values, patterns, histograms, keys, new rows":
            () => work("inspect", live),
        },
        rounds,
      ),
    );
    const size = (statSync(live).size / 2 ** 30).toFixed(2);
    table(
      `Publishing ${size} GB`,
      sideBySide(
        {
          "COPY FROM DATABASE": () => work("copy", live, join(root, "copy.duckdb")),
          "a publication of everything": () => {
            rmSync(join(root, "published"), { recursive: true, force: true });
            return work("publish", live);
          },
          "the next one, one small table of nine changed": () => work("publish", live, "small_3"),
        },
        rounds,
      ),
    );
    rmSync(join(root, "published"), { recursive: true, force: true });
    rmSync(join(root, "copy.duckdb"), { force: true });
    const few = join(root, "few.duckdb");
    await makeTables(few, Math.round(rows / 10));
    const checks = await makeChecks(root, few);
    const scan = `from soda.cli.cli import main; main()`;
    table(
      `${checks.count} checks of a table of ${Math.round(rows / 10).toLocaleString("en")} rows, whole process`,
      sideBySide(
        {
          "`labs test`": () => once([...labs, "test", checkedLab, "--workspace", checks.workspace]),
          "`soda scan` (soda-core 3.5.6)": () =>
            once([soda, "-c", scan, "scan", "-d", "facts_db", "-c", checks.configuration, checks.checks], {
              env: { ...process.env, HOME: root },
            }),
          "Great Expectations 1.24.1, in pandas": () =>
            once([great, join(import.meta.dirname, "great_expectations_scan.py"), checks.table, checks.great], {
              env: { ...process.env, HOME: root, GX_ANALYTICS_ENABLED: "false" },
            }),
        },
        Math.max(3, rounds),
      ),
    );
    const head = `Written by \`npm run bench -- quality\`: Node ${process.versions.node}, ${availableParallelism()} cores, a load of ${loadavg()[0]?.toFixed(1)} at the end. On a busy machine compare CPU.`;
    writePart("quality", [head, "", ...lines].join("\n"));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
