import { formatCount, formatDuration, formatScore, plural } from "../render/index.ts";
import { escapeMarkup } from "./escape.ts";
import { isTest, type Node, type ReportScore, type RunReport, verdictOf, stepTitle } from "./model.ts";
import { area, badge, grid, page, ring, section, shareBar, spark, tile, toneOf } from "./page.ts";

/** A run as one page: what it did, what it found, and how good its tables are. */
export function htmlReport(report: RunReport): string {
  const { run, events, files, score, layers, tables, trend } = report;
  const models = run.models.filter((node) => !isTest(node));
  const tests = run.models.filter(isTest);
  const bad = tests.filter((test) => verdictOf(test) !== "good");
  const status = run.status === "ok" ? "good" : run.status === "failed" ? "bad" : "warn";
  const header = `<p class="eyebrow">Run ${escapeMarkup(run.id)} · <time datetime="${escapeMarkup(run.startedAt)}">${escapeMarkup(run.startedAt.replace("T", " ").slice(0, 19))} UTC</time> · ${escapeMarkup(run.user)}, ${escapeMarkup(run.trigger)}</p>
<h1>${escapeMarkup(run.lab)} ${badge(run.status, status)}</h1>
<p>${escapeMarkup(run.summary?.message ?? "")}</p>
${report.published === null ? "" : `<p class="eyebrow">For readers: ${escapeMarkup(report.published)}</p>`}`;
  const quarantined = run.summary?.rowsQuarantined ?? 0;
  const slowest = models.toSorted((a, b) => b.seconds - a.seconds)[0];
  const tiles = [
    tile(
      "Rows loaded",
      formatCount(run.summary?.rowsLoaded ?? 0),
      quarantined === 0 ? "none quarantined" : `${formatCount(quarantined)} quarantined`,
      quarantined === 0 ? "" : "warn",
    ),
    tile("Models", String(models.length), countText(models), worst(models)),
    tile(
      "Tests",
      `${tests.length - bad.length} of ${tests.length}`,
      bad.length === 0 ? "passed" : countText(tests),
      worst(tests),
    ),
    tile(
      "Time",
      run.seconds === null ? "running" : formatDuration(run.seconds),
      slowest ? `slowest: ${escapeMarkup(slowest.name)}` : "&nbsp;",
    ),
  ];
  const hero = `<section class="hero">${ring(score?.score ?? null, "Score")}<div><div class="tiles">${tiles.join("")}</div>${area(trend, "Score", formatScore)}</div></section>`;
  const problems = events
    .map((e) => `<li class="${e.level === "error" ? "bad" : "warn"}"><pre>${escapeMarkup(e.text)}</pre></li>`)
    .join("");
  const body = [
    hero,
    section("Tests that did not pass", bad.length > 0 ? nodeTable(bad, true) : ""),
    section("Warnings and errors", problems === "" ? "" : `<ul class="events">${problems}</ul>`),
    section("Score", score ? scoreBars(score) : "", "what it is made of, and every point that is missing"),
    section("Layers", layers.length > 0 ? layerCards(layers, tables) : ""),
    section("Tables", tables.map(tableScore).join(""), "weakest first"),
    section("Steps", run.steps.length > 0 ? timeline(run.steps) : ""),
    section(
      "Files",
      files.length === 0
        ? ""
        : grid(
            ["File", "Table", "Outcome", "#Rows", "#Quarantined"],
            files.map((f) => [
              escapeMarkup(f.file),
              escapeMarkup(f.table),
              badge(f.outcome, f.outcome === "failed" ? "bad" : "good"),
              formatCount(f.rowsLoaded),
              formatCount(f.rowsQuarantined),
            ]),
          ),
    ),
    section("Models", models.length > 0 ? nodeTable(models, false) : ""),
  ];
  return page(`${run.lab}: ${run.status}`, header, body.filter((part) => part !== "").join("\n"));
}

const worst = (nodes: Node[]): string =>
  nodes.some((node) => verdictOf(node) === "bad")
    ? "bad"
    : nodes.some((node) => verdictOf(node) === "warn")
      ? "warn"
      : "good";

function countText(nodes: Node[]): string {
  const counts = new Map<string, number>();
  for (const { status } of nodes) counts.set(status, (counts.get(status) ?? 0) + 1);
  return escapeMarkup([...counts].map(([status, count]) => `${count} ${status}`).join(", "));
}

const shownCauses = 3;

function scoreBars({ parts }: ReportScore): string {
  const rows = parts.map((part) => {
    const share = part.max === 0 ? 1 : part.points / part.max;
    const causes = part.causes.map(
      (c) =>
        `<li><b>−${c.points < 0.05 ? "&lt;0.1" : c.points.toFixed(1)}</b> ${escapeMarkup(c.text)}${c.query === null ? "" : `<code>${escapeMarkup(c.query)}</code>`}</li>`,
    );
    const rest = causes.slice(shownCauses);
    const lost = [
      ...causes.slice(0, shownCauses),
      ...(rest.length === 0
        ? []
        : [
            `<li><details><summary>${plural(rest.length, "more cause")}</summary><ul>${rest.join("")}</ul></details></li>`,
          ]),
    ];
    return `<div class="part"><span>${escapeMarkup(part.dimension)}</span>${shareBar(share, toneOf(share * 100))}<span class="number">${part.points.toFixed(1)} of ${part.max.toFixed(1)}</span>${lost.length > 0 ? `<ul class="lost">${lost.join("")}</ul>` : ""}</div>`;
  });
  return `<div class="parts">${rows.join("")}</div>`;
}

/** Layers in the order in which data goes through them, as far as their names tell. */
function layerCards(layers: ReportScore[], tables: ReportScore[]): string {
  const order = ["raw", "bronze", "silver", "gold"];
  const place = ({ name }: ReportScore) => {
    const found = order.findIndex((layer) => name === layer || name.endsWith(`_${layer}`));
    return found === -1 ? order.length : found;
  };
  return `<div class="layers">${layers
    .toSorted((a, b) => place(a) - place(b) || (a.name < b.name ? -1 : 1))
    .map((layer) => {
      const count = tables.filter(({ name }) => name.startsWith(`${layer.name}.`)).length;
      const facts = [plural(count, "table"), ...(layer.rows === null ? [] : [plural(layer.rows, "row")])];
      return `<div class="layer"><span>${escapeMarkup(layer.name)}</span><strong>${formatScore(layer.score)}</strong><small>${facts.join(", ")}</small>${shareBar(layer.score / 100, toneOf(layer.score))}</div>`;
    })
    .join('<span class="arrow">→</span>')}</div>`;
}

function tableScore(table: ReportScore): string {
  const rows = table.rows === null ? "" : plural(table.rows, "row");
  const tone = toneOf(table.score);
  return `<details><summary><span>${escapeMarkup(table.name)}</span><span>${spark(table.history, `Rows in the last ${table.history.length} runs`)}</span><span class="number">${rows}</span><span>${shareBar(table.score / 100, tone)}</span><span class="number">${badge(formatScore(table.score), tone)}</span></summary>${scoreBars(table)}</details>`;
}

/** Steps on one time axis. */
function timeline(steps: RunReport["run"]["steps"]): string {
  const at = (time: string) => Date.parse(time);
  const start = Math.min(...steps.map((s) => at(s.startedAt)));
  const end = Math.max(...steps.map((s) => at(s.finishedAt ?? s.startedAt)), start + 1);
  const rows = steps.map((s) => {
    const left = ((at(s.startedAt) - start) / (end - start)) * 100;
    const width = Math.max(0.6, ((at(s.finishedAt ?? s.startedAt) - at(s.startedAt)) / (end - start)) * 100);
    const tone = s.status === "ok" ? "good" : s.status === "failed" ? "bad" : "warn";
    return `<div class="step"><span>${escapeMarkup(stepTitle(s))}</span><div class="lane"><i class="${tone}" style="left:${Math.min(left, 99.4).toFixed(2)}%;width:${Math.min(width, 100 - left).toFixed(2)}%"></i></div><span class="number">${s.seconds === null ? escapeMarkup(s.status) : formatDuration(s.seconds)}</span></div>`;
  });
  return `<div class="steps">${rows.join("")}</div>`;
}

function nodeTable(nodes: Node[], failures: boolean): string {
  const slowest = Math.max(...nodes.map(({ seconds }) => seconds), 0.001);
  const rows = nodes.map((node) => {
    const tone = verdictOf(node);
    const name = escapeMarkup(node.relation && !isTest(node) ? node.relation : node.name);
    const message = tone === "good" || !node.message ? "" : `<pre>${escapeMarkup(node.message)}</pre>`;
    return [
      `${name}${message}`,
      badge(node.status, tone),
      ...(failures ? [node.failures === null ? "" : formatCount(node.failures)] : []),
      `<span class="time"><i style="width:${((node.seconds / slowest) * 100).toFixed(1)}%"></i><b>${formatDuration(node.seconds)}</b></span>`,
    ];
  });
  return grid(["Name", "Status", ...(failures ? ["#Failures"] : []), "#Time"], rows);
}
