import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AuthConfig } from "#registry/index.ts";
import { FixtureApi, send } from "../testing/api-server.ts";
import { TestLab } from "../testing/lab.ts";
import { api, pages, polled } from "../testing/polled.ts";

let lab: TestLab;
let server: FixtureApi;
let other: FixtureApi;
const secret = 'S3cr+t/"välue"-0815';
const env = { TOKEN: secret, USER_NAME: "someone", CLIENT: "the-client" };

beforeEach(async () => {
  lab = await new TestLab().open();
  lab.effects = { sleep: async () => {}, env };
  server = await new FixtureApi().listen();
  other = await new FixtureApi().listen();
});
afterEach(async () => {
  await lab.close();
  await server.close();
  await other.close();
});

const auths: [string, AuthConfig][] = [
  ["header", { type: "header", name: "x-key", env: "TOKEN", prefix: "Key " }],
  ["query", { type: "query", name: "api_key", env: "TOKEN" }],
  ["basic", { type: "basic", usernameEnv: "USER_NAME", passwordEnv: "TOKEN" }],
];
const forms = [
  secret,
  encodeURIComponent(secret),
  new URLSearchParams({ v: secret }).toString().slice(2),
  JSON.stringify(secret).slice(1, -1),
  Buffer.from(secret).toString("base64"),
  Buffer.from(`someone:${secret}`).toString("base64"),
];
const leaks = (text: string) => forms.filter((form) => text.includes(form));

/** Everything that the lab has written: database, its log, whatever lies beside it. */
async function written(): Promise<string> {
  await lab.connection.run("CHECKPOINT");
  const texts = readdirSync(lab.root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
  const tables = await lab.rows(
    "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE schema_name IN ('_labs', 'quarantine')",
  );
  for (const [name] of tables) texts.push(JSON.stringify(await lab.rows(`SELECT * FROM ${name}`)));
  return texts.join("\n");
}

describe("a secret", () => {
  // Header values are bytes; a name with letters beyond Latin-1 could not be sent at all.
  it.each(auths)("in the %s is sent, and written nowhere, not even when the server repeats it", async (_type, auth) => {
    const echo = (seen: { query: object; headers: object }) => JSON.stringify(seen);
    server.on("/x", (seen, response) => {
      const page = Number(seen.query["page"]);
      if (page === 1)
        return send(response, [
          { id: 1, said: echo(seen), me: secret },
          { id: "no number", said: secret },
        ]);
      if (page === 2) return send(response, []);
    });
    const pagination = pages({ type: "page" });
    const columns = new Map([["id", { type: "BIGINT", nullable: false }]]);
    lab.sources = [polled("t", api(`${server.url}/x`, { pagination, auth: [auth] }), { columns, key: ["id"] })];
    const first = await lab.ingest();
    expect(first.files).toMatchObject([{ rowsLoaded: 1, rowsQuarantined: 1 }]);
    expect(leaks(JSON.stringify(server.seen)).length).toBeGreaterThan(0);
    const answers: ((response: import("node:http").ServerResponse, seen: object) => void)[] = [
      (response, seen) => void response.writeHead(401).end(`bad key: ${JSON.stringify(seen)} ${secret}`),
      (response) => void response.writeHead(500).end(`<html><title>${secret}</title>`),
      (response) => void response.end(`{"${secret}":1}`),
      (response) => void response.end(`<${secret}`),
      (response) => void response.writeHead(302, { location: `ftp://x/?k=${encodeURIComponent(secret)}` }).end(),
      (response) => response.destroy(),
    ];
    const said: string[] = [];
    for (const answer of answers) {
      server.on("/x", (seen, response) => answer(response, seen));
      const { files } = await lab.ingest();
      expect(files[0]?.outcome).toBe("failed");
      said.push(JSON.stringify(files));
    }
    said.push(JSON.stringify(lab.events), JSON.stringify(await lab.plan()));
    expect(leaks(said.join("\n"))).toEqual([]);
    expect(leaks(await written())).toEqual([]);
  });

  it("of OAuth2 client credentials is fetched once, renewed when it is refused, and never shown", async () => {
    let tokens = 0;
    server.on("/token", (seen, response) => {
      expect(new URLSearchParams(seen.body).get("client_secret")).toBe(secret);
      send(response, { access_token: `token-number-${++tokens}`, expires_in: 3600 });
    });
    server.on("/x", (seen, response) => {
      if (seen.headers.authorization !== "Bearer token-number-2") return void response.writeHead(401).end("old");
      send(response, Number(seen.query["page"]) < 4 ? [{ id: seen.query["page"] }] : []);
    });
    const auth: AuthConfig = {
      type: "oauth2",
      tokenUrl: `${server.url}/token`,
      clientIdEnv: "CLIENT",
      clientSecretEnv: "TOKEN",
      scope: "read",
    };
    lab.sources = [polled("t", api(`${server.url}/x`, { auth: [auth], pagination: pages({ type: "page" }) }))];
    const { files } = await lab.ingest();
    expect(files).toMatchObject([{ rowsLoaded: 3 }]);
    expect(tokens).toBe(2);
    server.on("/token", (_, response) => void response.writeHead(400).end(`no: ${secret}`));
    const failed = await lab.ingest();
    expect(failed.files).toMatchObject([{ error: { code: "ING-042" } }]);
    expect(leaks(JSON.stringify(failed.files) + (await written()))).toEqual([]);
    expect(await written()).not.toContain("token-number-");
  });

  it.each(["redirect", "next page"])("goes to the API's own origin only, also by a %s", async (how) => {
    other.on("/y", (_, response) => send(response, how === "redirect" ? { d: [{ id: 1 }] } : { d: [{ id: 2 }] }));
    server.on("/moved", (_, response) => void response.writeHead(302, { location: "/x" }).end());
    server.on("/x", (_, response) =>
      how === "redirect"
        ? void response.writeHead(307, { location: `${other.url}/y` }).end()
        : send(response, { d: [{ id: 1 }], next: `${other.url}/y` }),
    );
    const config = {
      auth: auths.map(([, auth]) => auth),
      headers: { "x-team": "cpg" },
      records: "d",
      pagination: pages({ type: "next", next: "next" }),
    };
    lab.sources = [polled("t", api(`${server.url}/moved`, config))];
    const { files } = await lab.ingest();
    expect(files[0]?.error).toBeUndefined();
    expect(
      server.seen.map(({ path, headers, query }) => [path, headers["x-key"], query["api_key"], headers["x-team"]]),
    ).toEqual([
      ["/moved", expect.any(String), secret, "cpg"],
      ["/x", expect.any(String), secret, "cpg"],
    ]);
    expect(other.seen).toHaveLength(1);
    expect(leaks(JSON.stringify(other.seen))).toEqual([]);
    expect(other.seen[0]?.headers).not.toHaveProperty("x-team");
    expect(other.seen[0]?.headers).not.toHaveProperty("authorization");
  });

  it("that would be needed elsewhere is not sent there, and the error says so", async () => {
    other.on("/y", (_, response) => void response.writeHead(401).end());
    server.on("/x", (_, response) => void response.writeHead(308, { location: `${other.url}/y` }).end());
    lab.sources = [polled("t", api(`${server.url}/x`, { auth: [auths[0]?.[1] as AuthConfig] }))];
    const { files } = await lab.ingest();
    expect(files).toMatchObject([{ error: { code: "ING-042", hint: expect.stringContaining(`It was ${other.url}`) } }]);
  });

  it("may end with a line end, and one that no header can carry is an error that does not show it", async () => {
    server.on("/x", (_, response) => send(response, [{ id: 1 }]));
    const auth: AuthConfig = { type: "header", name: "authorization", env: "TOKEN", prefix: "Bearer " };
    lab.sources = [polled("t", api(`${server.url}/x`, { auth: [auth] }))];
    lab.effects = { sleep: async () => {}, env: { TOKEN: "abc-12345\n" } };
    expect((await lab.ingest()).files).toMatchObject([{ rowsLoaded: 1 }]);
    expect(server.seen[0]?.headers.authorization).toBe("Bearer abc-12345");
    lab.effects = { sleep: async () => {}, env: { TOKEN: "two\nlines-€" } };
    const { files } = await lab.ingest();
    expect(files).toMatchObject([{ error: { code: "ING-043" } }]);
    expect(JSON.stringify(files)).not.toMatch(/two|lines-/);
  });

  it("that is not set is an error before anything is asked", async () => {
    lab.effects = { sleep: async () => {}, env: {} };
    lab.sources = [polled("t", api(`${server.url}/x`, { auth: [{ type: "query", name: "k", env: "TOKEN" }] }))];
    const { files } = await lab.ingest();
    expect(files).toMatchObject([
      { outcome: "failed", error: { code: "ING-040", message: expect.stringContaining("TOKEN") } },
    ]);
    expect(server.seen).toEqual([]);
  });
});
