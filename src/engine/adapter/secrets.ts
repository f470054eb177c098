import { fromPlain, str } from "#jinja/index.ts";
import type { Target } from "../1-read/types.ts";
import type { PlainRecord } from "../manifest/types.ts";

const escape = (value: unknown): string => str(fromPlain(value)).replaceAll("'", "''");
const bare = new Set(["type", "provider", "extra_http_headers"]);

/** CREATE SECRET statements of a target, in its order; those without a name are called `_dbt_secret_<n>`. */
export function secretStatements(target: Target): string[] {
  const secrets = [...target.secrets];
  if (target.raw.use_credential_provider === "aws") secrets.push({ type: "s3", provider: "credential_chain" });
  return secrets.map((secret, i) => secretStatement(secret, `_dbt_secret_${i + 1}`));
}

function secretStatement(secret: PlainRecord, fallback: string): string {
  const { type, persistent, name = fallback, provider, scope, ...rest } = secret;
  const parameters: [string, unknown][] = [["type", type], ["provider", provider], ...Object.entries(rest)];
  const lines = parameters
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => parameter(key, value));
  const scopes = scope === undefined || scope === null ? [] : Array.isArray(scope) ? scope : [scope];
  for (const one of scopes) lines.push(`scope '${escape(one)}'`);
  const title = name ? ` ${String(name)}` : "";
  return `CREATE${name ? " OR REPLACE" : ""}${persistent === true ? " PERSISTENT" : ""} SECRET${title} (\n    ${lines.join(",\n    ")}\n)`;
}

function parameter(key: string, value: unknown): string {
  if (Array.isArray(value)) return `${key} array [${value.map((item) => `'${escape(item)}'`).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const pairs = Object.entries(value).map(([k, v]) => `'${escape(k)}': '${escape(v)}'`);
    return `${key} map {${pairs.join(", ")}}`;
  }
  return bare.has(key) ? `${key} ${str(fromPlain(value))}` : `${key} '${escape(value)}'`;
}
