import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FixtureApi } from "../testing/api-server.ts";
import { TestLab } from "../testing/lab.ts";
import { api, pages, polled } from "../testing/polled.ts";
import { splitterOf } from "./split-lines.ts";

let server: FixtureApi;
beforeAll(async () => {
  server = await new FixtureApi().listen();
});
afterAll(() => server.close());

const two = '{"id":1,"n":"a\\nb"}\n{"id":2,"n":"}{"}\n';

async function poll(
  answers: [body: string, type: string, link?: string][],
  more: Parameters<typeof api>[1] = {},
): Promise<unknown> {
  const lab = await new TestLab().open();
  lab.effects = { sleep: async () => {} };
  try {
    let asked = 0;
    server.on("/lines", (_, response) => {
      const [body, type, link] = answers[Math.min(asked++, answers.length - 1)] ?? ["", ""];
      response.writeHead(200, { "content-type": type, ...(link && { link: `<${server.url}${link}>; rel="next"` }) });
      response.end(body);
    });
    lab.sources = [polled("orders", api(`${server.url}/lines`, more))];
    const [file] = (await lab.ingest()).files;
    return file?.error ?? (await lab.rows("SELECT id FROM raw.orders ORDER BY id")).flat();
  } finally {
    await lab.close();
  }
}

describe("answers of one record a line", () => {
  it.each([
    ["application/x-ndjson", two],
    ["application/jsonl; charset=utf-8", two.trimEnd()],
    ["text/plain", two],
    ["application/json", `\n${two.replaceAll("\n", "\r\n")}\n`],
  ])("are read: %s", async (type, body) => {
    expect(await poll([[body, type]])).toEqual(["1", "2"]);
  });

  it("may have one line when their type says so", async () => {
    expect(await poll([['{"id":7}', "application/x-ndjson"]])).toEqual(["7"]);
    expect(await poll([['{"id":7}', "application/json"]])).toMatchObject({ code: "ING-045" });
  });

  it("may be none", async () => {
    for (const body of ["", "\n"]) {
      const answers: [string, string, string?][] = [
        [two, "application/x-ndjson", "/lines?2"],
        [body, "application/x-ndjson"],
      ];
      expect(await poll(answers, { pagination: pages({ type: "link" }) })).toEqual(["1", "2"]);
    }
    expect(await poll([["", "application/json"]])).toMatchObject({ code: "ING-041" });
  });

  it("are told from a document whose type is wrong", async () => {
    expect(await poll([['[{"id":1},\n{"id":2}]', "application/x-ndjson"]])).toEqual(["1", "2"]);
    expect(await poll([['{\n "id": 4\n}\n', "application/x-ndjson"]], { records: "." })).toEqual(["4"]);
    expect(await poll([['{"items":[{"id":5}]}', "application/x-ndjson"]], { records: "items" })).toEqual(["5"]);
    expect(await poll([[two, "application/json"]], { records: "." })).toEqual(["1", "2"]);
  });

  it("are paged as others", async () => {
    const answers: [string, string, string?][] = [
      [two, "application/x-ndjson", "/lines?2"],
      ['{"id":3}\n', "application/x-ndjson"],
    ];
    expect(await poll(answers, { pagination: pages({ type: "link" }) })).toEqual(["1", "2", "3"]);
  });

  it("that break off are asked for again, and broken ones loaded not at all", async () => {
    const cut: [string, string] = [two.slice(0, -8), "application/x-ndjson"];
    expect(await poll([cut, [two, "application/x-ndjson"]])).toEqual(["1", "2"]);
    expect(await poll([['{"id":1}\n{"id":}\n{"id":3}\n', "text/plain"]])).toMatchObject({ code: "ING-044" });
  });

  it("leave one document over several lines what it is", async () => {
    expect(await poll([['{\n "id": 4\n}\n', "application/json"]], { records: "." })).toEqual(["4"]);
    expect(await poll([['{"items": [\n{"id":5}\n]}\n', "application/json"]], { records: "items" })).toEqual(["5"]);
  });

  it("are the same wherever the network cuts them", () => {
    const records = fc.array(fc.dictionary(fc.string(), fc.string(), { minKeys: 1 }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(records, fc.array(fc.nat(20), { minLength: 1 }), fc.boolean(), (wanted, cuts, end) => {
        const text = wanted.map((record) => JSON.stringify(record)).join("\n") + (end ? "\n" : "");
        const found: unknown[] = [];
        const splitter = splitterOf(undefined, null, (record) => found.push(JSON.parse(record)));
        let at = 0;
        for (let i = 0; at < text.length; i++) {
          const size = (cuts[i % cuts.length] ?? 0) + 1;
          splitter.push(text.slice(at, at + size));
          at += size;
        }
        splitter.end?.();
        expect(splitter.complete).toBe(true);
        expect(found).toEqual(wanted);
      }),
    );
  });
});
