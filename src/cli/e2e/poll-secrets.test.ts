import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FixtureApi, send } from "#ingest/testing/api-server.ts";
import { databaseOf, finish, query, smallWorkspace, start, write } from "./testing/harness.ts";

const secret = "tok/en+5ecret=value";
const forms = [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64"), "issued-token-77"];
const leaks = (text: string) => forms.filter((form) => text.includes(form));

let server: FixtureApi;
let workspace: string;
let broken = false;
const outputs: string[] = [];

async function labs(...words: string[]) {
  const child = start(words, { cwd: workspace, env: { SHOP_TOKEN: secret, SHOP_ID: "someone" } });
  const outcome = await finish(child);
  outputs.push(outcome.stdout, outcome.stderr);
  return outcome;
}

beforeAll(async () => {
  server = await new FixtureApi().listen();
  // It repeats everything that it is told, in data and in errors.
  const echo = (seen: object) => `${JSON.stringify(seen)} ${secret}`;
  server.on("/token", (_, response) => send(response, { access_token: "issued-token-77", expires_in: 600 }));
  for (const path of ["/query", "/bearer", "/oauth"]) {
    server.on(path, (seen, response) => {
      if (broken) return void response.writeHead(400).end(echo(seen));
      return send(response, [
        { id: 1, said: echo(seen) },
        { id: "none", said: echo(seen) },
      ]);
    });
  }
  workspace = smallWorkspace({
    shop: {
      "models/m.sql": "select * from {{ source('raw', 'bearer') }}",
      "models/s.yml": "version: 2\nsources: [{ name: raw, schema: raw, tables: [{ name: bearer }] }]\n",
    },
  });
  const source = (name: string, auth: string) =>
    `  - name: ${name}\n    key: id\n    columns: { id: BIGINT, said: VARCHAR }\n    api: { url: "${server.url}/${name}", retries: 0, auth: ${auth} }\n`;
  write(workspace, {
    "shop/lab.yml": `secrets: [SHOP_TOKEN]\nsources:\n${source("query", "{ type: query, name: key, env: SHOP_TOKEN }")}${source("bearer", "{ type: bearer, env: SHOP_TOKEN }")}${source(
      "oauth",
      `{ type: oauth2, token_url: "${server.url}/token", client_id_env: SHOP_ID, client_secret_env: SHOP_TOKEN }`,
    )}  - name: made\n    step: { file: pipelines/made.ts, env: [SHOP_TOKEN] }\n`,
    "shop/pipelines/made.ts":
      "export default function* ({ env }) {\n  console.log(env.SHOP_TOKEN);\n  yield { id: 1, token: env.SHOP_TOKEN };\n  if (env.SHOP_TOKEN) throw new Error(`no luck with ${env.SHOP_TOKEN}`);\n}\n",
  });
});
afterAll(() => server.close());

describe("a secret of a poll", () => {
  it("is in no output, log, ledger or database, whatever server and step say", async () => {
    for (broken of [false, true]) {
      await labs("run", "shop");
      await labs("run", "shop", "-o", "json");
      await labs("ingest", "shop");
      await labs("ingest", "shop", "-o", "json");
    }
    for (const words of [
      ["run", "shop", "--dry-run"],
      ["ingest", "shop", "--dry-run", "-o", "json"],
      ["quarantine", "shop"],
      ["history", "shop", "-o", "json"],
      ["logs", "shop"],
      ["status"],
      ["files", "shop"],
      ["doctor"],
      ["inspect", "shop", "raw.bearer"],
    ])
      await labs(...words);
    const sent = JSON.stringify(server.seen);
    expect(leaks(sent).length).toBeGreaterThan(2);
    const all = outputs.join("\n");
    expect(all).toContain("api:query, api:bearer, api:oauth and step:made could not be loaded");
    expect(all).toContain("ING-042");
    expect(all).toContain("ING-049");
    expect(leaks(all)).toEqual([]);
    const database = databaseOf(workspace, "shop");
    const loaded = await query(
      database,
      "SELECT said FROM raw.query UNION ALL SELECT said FROM raw.bearer UNION ALL SELECT said FROM raw.oauth UNION ALL SELECT row_text FROM quarantine.query",
    );
    expect(loaded).toHaveLength(4);
    expect(leaks(JSON.stringify(loaded))).toEqual([]);
    const files = readdirSync(workspace, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const found = files.filter((entry) => leaks(readFileSync(join(entry.parentPath, entry.name), "latin1")).length > 0);
    expect(files.length).toBeGreaterThan(8);
    expect(found.map(({ name }) => name)).toEqual([]);
  }, 180_000);
});
