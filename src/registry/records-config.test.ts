import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readLabConfig } from "./lab-config.ts";
import { requiredVariables } from "./records-config.ts";
import { temporaryFolder } from "./testing/temporary.ts";

const read = (text: string) => readLabConfig(join(temporaryFolder({ "lab.yml": text }), "lab.yml"));
const source = (text: string) => read(`sources:\n  - name: orders\n${text.replace(/^/gm, "    ")}\n`);

describe("api and step in lab.yml", () => {
  it("fills in defaults", () => {
    const { sources } = source("api: { url: 'https://x.example/v1' }");
    expect(sources[0]).toMatchObject({
      path: [],
      mode: "replace",
      api: {
        method: "GET",
        query: [],
        auth: [],
        pagination: { type: "none" },
        retries: 5,
        maxPages: 10_000,
        maxBytes: 2e9,
        maxTimeMs: 7_200_000,
        timeoutMs: 30_000,
        flatten: 3,
        keepRaw: true,
        required: true,
      },
    });
    expect(source("key: id\nstep: { file: pipelines/a.ts }").sources[0]).toMatchObject({
      mode: "merge",
      step: { env: [] },
    });
  });

  it("reads everything that an API can say", () => {
    const { sources } = source(`
key: id
api:
  url: "\${HOST:-https://x.example}/v1/orders"
  method: POST
  headers: { x-team: cpg }
  query: { status: [open, late], limit: 5 }
  body: { filter: { kind: a } }
  params_in: body
  auth:
    - { type: basic, username: me, password_env: PASSWORD }
    - { type: header, name: x-key, env: KEY, prefix: "Key " }
    - { type: bearer, env: TOKEN }
  records: data.items
  pagination: { type: cursor, cursor: meta.next, param: after, size: 50, size_param: limit, has_more: meta.more }
  incremental: { field: changed.at, param: since, start: "2024-01-01", overlap: 2 hours }
  retries: 2
  requests_per_second: 0.5
  max_pages: 7
  max_bytes: 50 MB
  timeout: 2 minutes
  flatten: 0
  keep_raw: false
  required: false
  may_be_empty: true`);
    expect(sources[0]?.api).toMatchObject({
      query: [
        ["status", "open"],
        ["status", "late"],
        ["limit", "5"],
      ],
      auth: [
        { type: "basic", username: "me", passwordEnv: "PASSWORD" },
        { type: "header", name: "x-key", env: "KEY", prefix: "Key " },
        { type: "header", name: "authorization", env: "TOKEN", prefix: "Bearer " },
      ],
      pagination: { type: "cursor", param: "after", size: { param: "limit", value: 50 }, hasMore: "meta.more" },
      incremental: {
        field: "changed.at",
        param: "since",
        start: "2024-01-01",
        overlap: { kind: "time", amount: 7_200_000 },
      },
      maxBytes: 50e6,
      timeoutMs: 120_000,
      requestsPerSecond: 0.5,
      places: { records: { line: 16, column: 7 } },
    });
    expect(requiredVariables(sources[0] ?? {})).toEqual(["PASSWORD", "KEY", "TOKEN"]);
  });

  it.each([
    ["path: a.csv\napi: { url: 'https://x' }", /`path` and `api`/, "Keep one"],
    ["api: { ulr: 'https://x' }", /`ulr` is not a key/, "`url`"],
    ["api: { url: ftp://x }", /https:/, "URL"],
    ["api: { url: 'https://me:pw@x' }", /user or password/, "basic"],
    ["api: { url: 'https://x', headers: { Authorization: x } }", /carries a secret/, "auth"],
    ["api: { url: 'https://x', auth: { type: bearer } }", /bearer has no `env`/, "`env:`"],
    ["api: { url: 'https://x', auth: { type: basic, password_env: P } }", /no user/, "username"],
    ["api: { url: 'https://x', auth: { type: oauth2, token_url: 'https://x' } }", /client_id_env/, "client_id_env"],
    ["api: { url: 'https://x', auth: { type: bearer, env: 'abc def' } }", /environment variable/, "variable"],
    ["api: { url: 'https://x', pagination: { type: pages } }", /must be one of/, "`page`"],
    ["api: { url: 'https://x', pagination: { type: cursor } }", /`cursor_field`/, "one of the two"],
    ["api: { url: 'https://x', pagination: { type: page, size: 10 } }", /belong together/, "both"],
    ["api: { url: 'https://x', pagination: { type: next } }", /no `next`/, "`next:`"],
    ["api: { url: 'https://x', body: { a: 1 } }", /Only POST/, "POST"],
    ["api: { url: 'https://x', incremental: { field: a, param: b } }", /without a `key`/, "`key:`"],
    ["key: id\napi: { url: 'https://x', incremental: { field: a } }", /no `param`/, "`param:`"],
    [
      "key: id\nmode: replace\napi: { url: 'https://x', incremental: { field: a, param: b } }",
      /drop all earlier/,
      "merge",
    ],
    ["mode: append\napi: { url: 'https://x' }", /every poll would load every record again/, "snapshot"],
    [
      "key: id\napi: { url: 'https://x', incremental: { field: a, param: b, overlap: soon } }",
      /a time or a number/,
      "1 hour",
    ],
    ["delimiter: ';'\napi: { url: 'https://x' }", /about files/, "Remove"],
    ["flatten: true\napi: { url: 'https://x' }", /under `api`/, "Move"],
    ["settle: 2 seconds\nstep: { file: a.ts }", /about files/, "Remove"],
    ["order_by: at\napi: { url: 'https://x' }", /only for the mode merge/, "`key:`"],
    ["step: { file: a.ts, env: a }", /must be a list/, "list"],
  ])("refuses %j", (text, message, hint) => {
    expect(() => source(text)).toThrow(message);
    try {
      source(text);
    } catch (error) {
      expect(error).toMatchObject({
        exit: 2,
        place: { line: expect.any(Number) },
        hint: expect.stringContaining(hint),
      });
    }
  });
});
