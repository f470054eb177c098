import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { openBrowser } from "../../conformance/ui/browser.ts";
import { serveWorkspace } from "../../conformance/ui/workspace.ts";
import { writePart } from "../results.ts";

const labs = join(import.meta.dirname, "..", "..", "dist", "labs.js");
const models = 1000;
const rows = 1_000_000;

/**
 * `npm run bench -- ui [--rounds 5]`: the pages in Chromium against the built server: a graph of a thousand nodes, and a
 * published table of a million rows.
 */
export async function ui(words: string[]): Promise<void> {
  const rounds = Number(words[words.indexOf("--rounds") + 1]) || 5;
  const root = realpathSync(mkdtempSync(join(tmpdir(), "labs-bench-")));
  const lines: string[] = [];
  try {
    makeWorkspace(root);
    execFileSync(process.execPath, [labs, "run", "big", "--quiet", "--workspace", root], { stdio: "inherit" });
    const served = await serveWorkspace(root, "", "--port", "0");
    const browser = await openBrowser();
    try {
      const page = await browser.newPage({ viewport: { width: 1360, height: 860 } });
      const graph = await several(rounds, () => drawGraph(page, served.url));
      lines.push(
        `## A graph of ${models.toLocaleString("en")} nodes in Chromium`,
        "",
        "| | ms |",
        "|---|---:|",
        `| from the click to the drawn graph, with asking the server | ${graph.total.toFixed(0)} |`,
        `| layout and drawing alone, from the answer to the second frame | ${graph.drawing.toFixed(0)} |`,
        `| one step of zooming, drawn | ${graph.step.toFixed(0)} |`,
        "",
        `## A table of ${rows.toLocaleString("en")} rows in Chromium`,
        "",
        "| | ms | rows fetched | rows in the page |",
        "|---|---:|---:|---:|",
      );
      for (const [name, state, place] of [
        ["first rows", "", 0],
        ["the middle, after a jump", "", 0.5],
        ["the end, after a jump", "", 1],
        ["sorted by a text, first rows", "&sort=name", 0],
        ["sorted by a text, the middle", "&sort=name", 0.5],
        ["filtered to a thousandth", "&filter=id~777", 0],
      ] as const) {
        const seen = await several(rounds, () => scrollTo(page, served.url, state, place));
        lines.push(
          `| ${name} | ${seen.ms.toFixed(0)} | ${seen.fetched.toLocaleString("en")} | ${seen.drawn.toFixed(0)} |`,
        );
      }
    } finally {
      await browser.close();
      await served.stop().catch(() => {});
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  const machine = `Medians of ${rounds} on ${availableParallelism()} cores, load ${(loadavg()[0] ?? 0).toFixed(1)} at the end.`;
  process.stdout.write(`${lines.join("\n")}\n${machine}\n`);
  writePart("ui", `${lines.join("\n")}\n\n${machine}`);
}

/** Medians of every figure. */
async function several<T extends Record<string, number>>(rounds: number, once: () => Promise<T>): Promise<T> {
  const all: T[] = [];
  for (let i = 0; i < rounds; i++) all.push(await once());
  const median = (name: keyof T) => all.map((each) => each[name] as number).sort((a, b) => a - b)[rounds >> 1] ?? 0;
  return Object.fromEntries(Object.keys(all[0] ?? {}).map((name) => [name, median(name)])) as T;
}

/** Frames are asked for until a condition holds, and two more: then it is on the screen. */
const until = `(holds) => new Promise((done) => { const look = () => holds() ? requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))) : requestAnimationFrame(look); look(); })`;

async function drawGraph(page: Page, url: string): Promise<{ total: number; drawing: number; step: number }> {
  await page.goto(`${url}/labs/big`);
  await page.getByText("Pipeline").waitFor();
  return page.evaluate(`(async () => {
    performance.clearResourceTimings();
    const started = performance.now();
    [...document.querySelectorAll('[role=tab]')].find((tab) => tab.textContent === 'Graph').click();
    const ended = await (${until})(() => document.querySelectorAll('.node').length >= ${models});
    const answer = performance.getEntriesByType('resource').find(({ name }) => name.endsWith('/graph'));
    const box = document.querySelector('.graph-box');
    const frame = () => new Promise((go) => requestAnimationFrame(() => setTimeout(go)));
    await frame();
    const zoomed = performance.now();
    for (let i = 0; i < 20; i++) {
      box.dispatchEvent(new WheelEvent('wheel', { deltaY: i < 10 ? -60 : 60, clientX: 600, clientY: 500, bubbles: true, cancelable: true }));
      await frame();
    }
    return { total: ended - started, drawing: ended - answer.responseEnd, step: (performance.now() - zoomed) / 20 };
  })()`);
}

/** Goes to a place of the table (0 to 1) and waits until rows are there. */
async function scrollTo(
  page: Page,
  url: string,
  state: string,
  place: number,
): Promise<{ ms: number; fetched: number; drawn: number }> {
  await page.goto(`${url}/labs/big/tables/gold.million?tab=tests`);
  await page.getByRole("tab", { name: "Rows" }).waitFor();
  return page.evaluate(`(async () => {
    let fetched = 0;
    const ask = window.fetch;
    window.fetch = async (...args) => { const answer = await ask(...args); if (String(args[0]).includes('/rows?')) answer.clone().json().then((body) => { fetched += body.rows.length; }); return answer; };
    const open = () => { history.pushState(null, '', '?tab=rows${state}'); dispatchEvent(new PopStateEvent('popstate')); };
    const there = () => document.querySelectorAll('.virtual tbody tr:not(.spacer)').length > 5 && document.querySelectorAll('.virtual .ghost').length === 0;
    let started = performance.now();
    open();
    let ended = await (${until})(there);
    const box = document.querySelector('.virtual');
    if (${place} > 0) {
      started = performance.now();
      box.scrollTop = (box.scrollHeight - box.clientHeight) * ${place};
      await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
      ended = await (${until})(there);
    }
    window.fetch = ask;
    return { ms: ended - started, fetched, drawn: document.querySelectorAll('.virtual tbody tr').length };
  })()`);
}

function makeWorkspace(root: string): void {
  const write = (path: string, text: string) => {
    const file = join(root, path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text);
  };
  write("shared/config/labs_config.yaml", "labs:\n  big: { description: A thousand models and a million rows }\n");
  write("big/lab.yml", "sources: []\nquality: { minimum_score: 0 }\n");
  write(
    "big/dbt/dbt_project.yml",
    'name: big\nversion: "1.0"\nprofile: big\nmodels:\n  +materialized: view\n  +schema: silver\n',
  );
  write(
    "big/dbt/macros/schema.sql",
    "{% macro generate_schema_name(custom, node) %}{{ custom or target.schema }}{% endmacro %}",
  );
  // Each model reads one or two that came before, some far back: wide and deep as real projects are.
  for (let i = 0; i < models; i++) {
    const parents = i < 40 ? [] : [...new Set([(i * 7919) % i, (i * 104_729) % Math.max(1, i - 20)])];
    const from = parents.map((parent) => `select n from {{ ref('m${parent}') }} where n < 3`).join(" union all ");
    write(`big/dbt/models/m${i}.sql`, from === "" ? `select ${i} as n` : `select n from (${from}) limit 3`);
  }
  write(
    "big/dbt/models/million.sql",
    `{{ config(schema='gold', materialized='table') }}
select range as id, 'name ' || hash(range) % 100000 as name, range % 97 as amount, date '2020-01-01' + (range % 2000)::int as day,
  md5(range::varchar) as code from range(${rows})`,
  );
}
