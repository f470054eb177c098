import { dirname, join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { pathKind, readText } from "./text-file.ts";

/**
 * Adds the variables of the nearest `.env` at or above a folder to an environment; what is set already stays.
 * `${NAME}` and `${NAME:-default}` in a value mean the environment and the lines above. Source: dbt-core cli/main.py, python-dotenv.
 */
export function loadDotEnv(cwd: string, env: NodeJS.ProcessEnv): void {
  const file = findDotEnv(cwd);
  const text = file === undefined ? undefined : readText(file);
  if (text === undefined) return;
  const seen: NodeJS.ProcessEnv = {};
  for (const [name, raw] of Object.entries(parseEnv(text))) {
    const value = (raw ?? "").replaceAll(
      /\$\{([^{}:]*)(?::-([^{}]*))?\}/g,
      (_, variable: string, usual: string | undefined) => env[variable] ?? seen[variable] ?? usual ?? "",
    );
    seen[name] = value;
    env[name] ??= value;
  }
}

function findDotEnv(cwd: string): string | undefined {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const file = join(folder, ".env");
    if (pathKind(file) === "file") return file;
    if (folder === dirname(folder)) return undefined;
  }
}
