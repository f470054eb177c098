import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectionHint, networkFailure } from "./refusal.ts";
import { FixtureApi, send } from "../testing/api-server.ts";
import { TestLab } from "../testing/lab.ts";
import { api, pages, polled } from "../testing/polled.ts";

let lab: TestLab;
let server: FixtureApi;
let now = 0;
beforeEach(async () => {
  lab = await new TestLab().open();
  server = await new FixtureApi().listen();
  now = Date.UTC(2024, 0, 1);
});
afterEach(async () => {
  await lab.close();
  await server.close();
});
const waits: number[] = [];
const effects = () => {
  waits.length = 0;
  return {
    sleep: async (ms: number) => {
      waits.push(ms);
      now += ms;
    },
    clock: () => now,
    random: () => 1,
  };
};

describe("requests", () => {
  it("are built from what lab.yml says", async () => {
    server.on("/v1/x", (_, response) => send(response, []));
    lab.effects = { env: { HOST: server.url } };
    lab.sources = [
      polled(
        "t",
        api("${HOST}/${VERSION:-v1}/x?kept=1&size=9", {
          headers: { "X-Team": "cpg" },
          query: [
            ["size", "5"],
            ["q", "a b"],
          ],
          pagination: pages({ type: "page", size: { param: "size", value: 7 } }),
        }),
      ),
    ];
    await lab.ingest();
    expect(server.seen[0]).toMatchObject({
      method: "GET",
      query: { kept: "1", size: "7", q: "a b", page: "1" },
      headers: { "x-team": "cpg", accept: "application/json" },
    });
  });

  it("by POST carry pages and cursor in the body, numbers as numbers", async () => {
    const bodies: unknown[] = [];
    server.on("/x", (seen, response) => {
      bodies.push(JSON.parse(seen.body));
      send(response, { d: [{ id: bodies.length }], next: bodies.length < 3 ? bodies.length * 10 : null });
    });
    const incremental = { field: "id", param: "since", start: "0", overlap: { kind: "number", amount: 0 } as const };
    const pagination = pages({ type: "cursor", cursor: "next", param: "after", size: { param: "limit", value: 5 } });
    const config = {
      method: "POST",
      body: { filter: { a: [1] } },
      paramsIn: "body",
      records: "d",
      pagination,
      incremental,
    } as const;
    lab.sources = [polled("t", api(`${server.url}/x`, config), { key: ["id"] })];
    expect((await lab.ingest()).files).toMatchObject([{ rowsLoaded: 3 }]);
    expect(bodies).toEqual([
      { filter: { a: [1] }, since: 0, limit: 5 },
      { filter: { a: [1] }, since: 0, limit: 5, after: 10 },
      { filter: { a: [1] }, since: 0, limit: 5, after: 20 },
    ]);
    expect(server.seen.every(({ headers }) => headers["content-type"] === "application/json")).toBe(true);
  });

  it("follow links relative to where redirects have led", async () => {
    server.on("/old/x", (_, response) => void response.writeHead(301, { location: "/new/deep/x" }).end());
    server.on("/new/deep/x", (_, response) => send(response, { d: [{ id: 1 }], next: "y" }));
    server.on("/new/deep/y", (_, response) => send(response, { d: [{ id: 2 }], next: null }));
    lab.sources = [
      polled("t", api(`${server.url}/old/x`, { records: "d", pagination: pages({ type: "next", next: "next" }) })),
    ];
    expect((await lab.ingest()).files).toMatchObject([{ rowsLoaded: 2 }]);
  });

  it("end redirects that go on for ever, and refuse other protocols", async () => {
    server.on("/x", (_, response) => void response.writeHead(302, { location: "/x" }).end());
    lab.sources = [polled("t", api(`${server.url}/x`))];
    expect((await lab.ingest()).files[0]?.error).toMatchObject({ code: "ING-043" });
    server.on("/x", (_, response) => void response.writeHead(302, { location: "file:///etc/passwd" }).end());
    expect((await lab.ingest()).files[0]?.error).toMatchObject({ code: "ING-043" });
  });

  it("wait longer each time, with jitter, and give up after the retries", async () => {
    server.on("/x", (_, response) => void response.writeHead(503).end());
    lab.effects = effects();
    lab.sources = [polled("t", api(`${server.url}/x`, { retries: 8 }))];
    const { files } = await lab.ingest();
    expect(files[0]?.error).toMatchObject({ code: "ING-041", data: { attempts: 9, status: 503 } });
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    lab.effects = { ...effects(), random: () => 0 };
    await lab.ingest();
    expect(waits.slice(0, 2)).toEqual([250, 500]);
  });

  it("understand a Retry-After that is a date", async () => {
    let first = true;
    server.on("/x", (_, response) => {
      const date = new Date(now + 90_000).toUTCString();
      if (first) response.writeHead(429, { "retry-after": date }).end();
      else send(response, [{ id: 1 }]);
      first = false;
    });
    lab.effects = effects();
    lab.sources = [polled("t", api(`${server.url}/x`))];
    expect((await lab.ingest()).files).toMatchObject([{ rowsLoaded: 1 }]);
    expect(waits).toEqual([90_000]);
  });

  it("keep to requests_per_second", async () => {
    server.on("/x", (seen, response) =>
      send(response, Number(seen.query["page"]) < 4 ? [{ id: seen.query["page"] }] : []),
    );
    lab.effects = effects();
    lab.sources = [polled("t", api(`${server.url}/x`, { pagination: pages({ type: "page" }), requestsPerSecond: 2 }))];
    await lab.ingest();
    expect(waits).toEqual([500, 500, 500]);
  });

  it("stop at the ends that are declared", async () => {
    server.rows = Array.from({ length: 12 }, (_, id) => ({ id }));
    const size = { param: "size", value: 5 };
    const asked = async (end: "empty" | "short" | "not_found", rows = 12) => {
      server.seen.length = 0;
      server.rows = server.rows.slice(0, rows);
      server.fault = (seen, response) => {
        const beyond = end === "not_found" && (Number(seen.query["page"]) - 1) * 5 >= server.rows.length;
        if (beyond) response.writeHead(404).end('{"detail":"Invalid page."}');
        return beyond;
      };
      lab.sources = [polled("t", api(`${server.url}/page`, { pagination: pages({ type: "page", size, end }) }))];
      const { files } = await lab.ingest({ fullRefresh: true });
      expect(files).toMatchObject([{ rowsLoaded: rows }]);
      return server.seen.length;
    };
    expect([await asked("empty"), await asked("short"), await asked("not_found"), await asked("short", 10)]).toEqual([
      4, 3, 4, 3,
    ]);
  });
});

describe("a connection that does not come about", () => {
  const failed = async (url: string, env = {}) => {
    lab.effects = { ...effects(), env };
    lab.sources = [polled("t", api(url, { retries: 0 }))];
    return (await lab.ingest()).files[0]?.error;
  };

  it("says that a server does not speak HTTPS", async () => {
    expect(await failed(`${server.url.replace("http:", "https:")}/page`)).toMatchObject({
      code: "ING-041",
      message: expect.stringContaining("does not speak HTTPS"),
      hint: expect.stringContaining("http://"),
    });
  });

  it("says how a proxy is used, when one is named that is not", async () => {
    const nobody = "http://nobody.invalid/";
    const hint = async (env: Record<string, string>) => (await failed(nobody, env))?.hint;
    expect(await hint({ HTTPS_PROXY: "http://proxy:1" })).toContain("NODE_USE_ENV_PROXY=1");
    expect(await hint({ HTTPS_PROXY: "http://proxy:1", NODE_USE_ENV_PROXY: "1" })).not.toContain("NODE_USE_ENV_PROXY");
    expect(await hint({})).not.toContain("NODE_USE_ENV_PROXY");
  });

  it.each([
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "CERT_HAS_EXPIRED",
  ])("names the way to trust a certificate: %s", (code) => {
    const error = new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });
    expect(networkFailure(error)).toContain("certificate is not accepted");
    expect(connectionHint(error, {})).toContain("NODE_EXTRA_CA_CERTS");
  });
});
