/** Environment variables and vars that dbt knows by the beginning of their names. Source: dbt-common constants.py, context.py. */

/** May be read in profiles.yml and packages.yml only; the value is never shown. */
export const secretPrefix = "DBT_ENV_SECRET";
/** No template sees these. */
export const privatePrefix = "DBT_ENV_PRIVATE";
const customPrefix = "DBT_ENV_CUSTOM_ENV_";

/** The values of secrets among variables; a blank one hides nothing. */
export function secretsIn(variables: Record<string, unknown>): string[] {
  return Object.entries(variables).flatMap(([name, value]) =>
    name.startsWith(secretPrefix) && typeof value === "string" && value.trim() !== "" ? [value] : [],
  );
}

/** Text with stars in place of the secrets. */
export const hideSecrets = (text: string, secrets: string[]): string =>
  secrets.reduce((hidden, secret) => hidden.replaceAll(secret, "*****"), text);

/** `DBT_ENV_CUSTOM_ENV_X` variables by the name X: what a team wants to find in artifacts and logs. */
export function customVariables(env: NodeJS.ProcessEnv): Record<string, string> {
  const own = Object.entries(env).filter(([name]) => name.startsWith(customPrefix));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(customPrefix.length), value ?? ""]));
}
