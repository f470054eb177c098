import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

export const repository = resolve(import.meta.dirname, "../..");
export const judgesFolder = join(repository, "conformance/.judges");

/** Python of the judges: `JUDGE_PYTHON`, else the environment made by `npm run judge:setup`. */
export function judgePython(): string {
  const python = process.env["JUDGE_PYTHON"] ?? join(judgesFolder, "venv/bin/python");
  if (!existsSync(python))
    throw new Error(
      `There is no Python with dbt at ${python}. Run \`npm run judge:setup\` first, or set JUDGE_PYTHON.`,
    );
  return python;
}
