import { type Database, quoteLiteral } from "#duck/index.ts";
import { hasProfiles, type Lab } from "#registry/index.ts";

/** What a profile may say of the machine that holds for loading as well as for models. */
const limits = ["memory_limit", "max_memory", "threads", "temp_directory", "max_temp_directory_size"];

/**
 * Sets the limits of a lab's profile (`settings`, `config_options`) on its open database, so that loading keeps to them
 * too. A profile that cannot be read says nothing here: the models tell what is wrong with it. Errors: DUCK-003 for a value
 * that DuckDB refuses.
 */
export async function limitByProfile(lab: Lab, database: Database): Promise<void> {
  if (!hasProfiles(lab)) return;
  const settings = await profileSettings(lab);
  const wanted = limits.filter((name) => settings[name] !== undefined && settings[name] !== null);
  if (wanted.length === 0) return;
  const connection = await database.connect();
  try {
    for (const name of wanted) await connection.run(`SET ${name} = ${quoteLiteral(String(settings[name]))}`);
  } finally {
    await connection.close();
  }
}

async function profileSettings(lab: Lab): Promise<Record<string, unknown>> {
  const { targetForDatabase } = await import("#engine/index.ts");
  try {
    const { configOptions, settings } = targetForDatabase({
      database: lab.paths.database,
      projectDir: lab.paths.dbtProject,
      profilesDirs: lab.paths.profiles,
      fallbackName: lab.name,
    });
    return { ...configOptions, ...settings };
  } catch {
    return {};
  }
}
