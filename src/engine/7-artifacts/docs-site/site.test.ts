import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { node, testManifest } from "../../4-select/test-manifest.ts";
import type { ColumnLineage, NodeLineage } from "../../lineage/types.ts";
import type { GraphNode } from "../../manifest/types.ts";
import { buildCatalog, type CatalogRow } from "../catalog.ts";
import { renderMarkdown } from "./markdown.ts";
import { docsPage } from "./site.ts";

test.each([
  ["plain *em* **strong** `a < b`", "<p>plain <em>em</em> <strong>strong</strong> <code>a &lt; b</code></p>"],
  ["# Title", "<h1>Title</h1>"],
  ["- a\n- b\n  - c", "<ul><li>a</li><li>b\n<ul><li>c</li></ul></li></ul>"],
  ["1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"],
  ["```sql\nselect '<x>'\n```", "<pre><code>select &#39;&lt;x&gt;&#39;</code></pre>"],
  [
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>",
  ],
  ["> quoted", "<blockquote><p>quoted</p></blockquote>"],
  ["[x](https://e.org/a_b_c)", '<p><a href="https://e.org/a%5Fb%5Fc" rel="noopener noreferrer">x</a></p>'],
  ["snake_case_name", "<p>snake_case_name</p>"],
  ["a\n\n---\nb", "<p>a</p>\n\n<hr>\n<p>b</p>"],
])("%j", (text, html) => {
  expect(renderMarkdown(text)).toBe(html);
});

test.each([
  "<script>alert(1)</script>",
  "[x](javascript:alert(1))",
  "![x](data:text/html,hi)",
  '[a](https://e.org/"onmouseover="x)',
  "`<img src=x onerror=alert(1)>`",
])("%s cannot become markup", (text) => {
  const html = renderMarkdown(text);
  expect(html).not.toMatch(/<script|<img|javascript:|href="data:|"onmouseover="/i);
});

/** As much of a browser's document as the page's script uses. */
class Element {
  readonly tag: string;
  readonly attributes: Record<string, string> = {};
  children: (Element | string)[] = [];
  listeners: Record<string, (event: unknown) => void> = {};
  innerHTML = "";
  value = "";
  constructor(tag: string) {
    this.tag = tag;
  }
  setAttribute(key: string, value: unknown): void {
    this.attributes[key] = String(value);
  }
  append(...children: (Element | string)[]): void {
    this.children.push(...children);
  }
  replaceChildren(...children: (Element | string)[]): void {
    this.children = children;
  }
  addEventListener(name: string, listener: (event: unknown) => void): void {
    this.listeners[name] = listener;
  }
  get childNodes(): unknown[] {
    return this.children;
  }
  get textContent(): string {
    return (
      this.innerHTML + this.children.map((child) => (typeof child === "string" ? child : child.textContent)).join("|")
    );
  }
  set textContent(text: string) {
    this.children = [text];
  }
  all(tag: string): Element[] {
    return this.children.flatMap((child) =>
      typeof child === "string" ? [] : [...(child.tag === tag ? [child] : []), ...child.all(tag)],
    );
  }
}

const manifest = testManifest(
  node("source", "orders", [], { unique_id: "source.p.raw.orders" }),
  node("model", "fct", ["source.p.raw.orders"], {
    description: "Sales **facts** </script>",
    raw_code: "select 'a' from x -- note",
    compiled_code: "select 1",
    columns: { id: { name: "id", description: "the key" } },
  }),
  node("model", "report", ["model.p.fct"]),
  node("test", "unique_fct_id", ["model.p.fct"], {
    test_metadata: { name: "unique", kwargs: {} },
    attached_node: "model.p.fct",
    column_name: "id",
  }),
);
const rows = ["id", "amount"].map(
  (name, i): CatalogRow => ({
    table_database: "db",
    table_schema: "main",
    table_name: "fct",
    table_type: "BASE TABLE",
    column_name: name,
    column_index: i + 1,
    column_type: "INTEGER",
  }),
);
const html = docsPage(manifest, buildCatalog(rows, manifest));

function open(hash: string, page = html) {
  const [, json = ""] = /<script type="application\/json" id="data">([\s\S]*?)<\/script>/.exec(page) ?? [];
  const [, script = ""] = /<script>([\s\S]*?)<\/script>/.exec(page) ?? [];
  const elements: Record<string, Element> = {
    nav: new Element("nav"),
    main: new Element("main"),
    search: new Element("input"),
  };
  elements.data = new Element("script");
  elements.data.textContent = json;
  const document = {
    getElementById: (id: string) => elements[id],
    createElement: (tag: string) => new Element(tag),
    createElementNS: (_space: string, tag: string) => new Element(tag),
    createTextNode: (text: string) => text,
  };
  runInNewContext(script, { document, location: { hash }, addEventListener: () => {}, navigator: {} });
  const { nav, main, search } = elements as Record<"nav" | "main" | "search", Element>;
  return { nav, main, search };
}

test("the page loads nothing and cannot be broken out of", () => {
  expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
  expect(html.match(/<\/script>/g)).toHaveLength(2);
});

test("the list shows every resource, and the search narrows it", () => {
  const { nav, search } = open("");
  expect(nav.all("a").map((link) => link.children[0])).toEqual(["raw.orders", "fct", "report", "unique_fct_id"]);
  search.value = "key fct";
  search.listeners.input?.({});
  expect(nav.all("a").map((link) => link.children[0])).toEqual(["fct"]);
});

test("a model's page shows description, columns with types and tests, code and lineage", () => {
  const { main } = open(`#${encodeURIComponent("model.p.fct")}`);
  expect(main.textContent).toContain("<strong>facts</strong> &lt;/script&gt;");
  const cells = main.all("tr").map((row) => row.all("td").map((cell) => cell.textContent));
  expect(cells.slice(1)).toEqual([
    ["id", "INTEGER", "<p>the key</p>", "unique"],
    ["amount", "INTEGER", "", ""],
  ]);
  expect(
    main
      .all("pre")[0]
      ?.all("span")
      .map((span) => span.textContent),
  ).toEqual(["select", "'a'", "from", "-- note"]);
  const boxes = main
    .all("svg")[0]
    ?.all("title")
    .map((title) => title.textContent);
  expect(boxes?.sort()).toEqual(["model.p.fct", "model.p.report", "source.p.raw.orders"]);
  expect(main.all("svg")[0]?.all("path")).toHaveLength(2);
});

test("without a hash the page tells what there is", () => {
  expect(
    open("")
      .main.all("dd")
      .map((count) => count.textContent),
  ).toEqual(["1", "2", "1"]);
});

test("columns say what they are made of and what uses them", () => {
  const upstream = [{ node: "model.p.fct", column: "ID", kind: "aggregated" as const }];
  const known = {
    resource_type: "model",
    status: "resolved",
    columns_complete: true,
    filters: [],
    problems: [],
  } as const;
  const of = (unique_id: string, name: string, own: ColumnLineage[]) =>
    ({ ...known, unique_id, name, columns: own }) as unknown as NodeLineage;
  const lineage = {
    nodes: {
      "model.p.fct": of("model.p.fct", "fct", [
        { name: "id", upstream: [{ node: "source.p.raw.orders", column: "<id>", kind: "identity" }], complete: true },
      ]),
      "model.p.report": of("model.p.report", "report", [{ name: "n", upstream, complete: true }]),
    },
  };
  const columns = { n: { name: "n", description: "" } };
  const reported = { ...manifest, nodes: { ...manifest.nodes } };
  reported.nodes["model.p.report"] = { ...manifest.nodes["model.p.report"], columns } as unknown as GraphNode;
  const page = docsPage(reported, buildCatalog(rows, reported), undefined, lineage);
  const { main } = open(`#${encodeURIComponent("model.p.fct")}`, page);
  const table = main.all("tr").map((row) => [...row.all("th"), ...row.all("td")].map((cell) => cell.textContent));
  expect(table[0]).toEqual(["Name", "Type", "Description", "Tests", "Made of", "Used by"]);
  expect(table[1]?.slice(4)).toEqual(["raw.orders|.<id>", "report|.n (aggregated)"]);
});
