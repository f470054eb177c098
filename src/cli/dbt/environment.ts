import type { ReadWarning } from "#engine/index.ts";
import { commands, globalOptions } from "./options.ts";

const prefix = "DBT_ENGINE_";

/** Variables of dbt that no option has. Source: dbt-core env_vars.py. */
const others = [
  "DOWNLOAD_DIR",
  "INVOCATION_ENV",
  "PACKAGE_HUB_URL",
  "PP_FILE_DIFF_TEST",
  "PP_TEST",
  "RECORDED_FILE_PATH",
  "SHOW_RESOURCE_REPORT",
  "TEST_STATE_MODIFIED",
];

/** Every variable that dbt reads: its name of today and, where it has one, the older name without `ENGINE_`. */
function knownVariables(): Map<string, string | undefined> {
  const options = [...globalOptions, ...Object.values(commands).flatMap((command) => command.options)];
  const pairs = [
    ...options.map(({ env: [now, old] }): [string | undefined, string | undefined] => [now, old]),
    ...others.map((name): [string, string] => [prefix + name, `DBT_${name}`]),
  ];
  return new Map(pairs.filter((pair): pair is [string, string | undefined] => pair[0] !== undefined));
}

/** Gives a variable's two names one value, the newer name's where both are set: templates may ask for either. Source: dbt-core cli/requires.py. */
export function shareVariables(env: NodeJS.ProcessEnv): void {
  for (const [now, old] of knownVariables()) {
    if (old === undefined) continue;
    const value = env[now] ?? env[old];
    if (value !== undefined) env[now] = env[old] = value;
  }
}

/** Warnings about variables of the user's own under the engine's prefix. */
export function reservedVariables(env: NodeJS.ProcessEnv): ReadWarning[] {
  const known = knownVariables();
  // dbt names it without the underscore.
  const shown = prefix.slice(0, -1);
  return Object.keys(env)
    .filter((name) => name.startsWith(prefix) && !known.has(name))
    .map((name) => ({
      name: "EnvironmentVariableNamespaceDeprecation",
      code: "D036",
      text: `Found custom environment variable \`${name}\` in the environment. The prefix \`${shown}\` is reserved for dbt engine environment variables. Custom environment variables with the prefix \`${shown}\` may cause collisions and runtime errors.`,
    }));
}
