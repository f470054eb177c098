import { escapeMarkup } from "./escape.ts";
import { formatCount, formatDuration, formatScore } from "../render/index.ts";
import { isTest, type Node, type ReportScore, type RunReport, verdictOf } from "./model.ts";

/** One page that needs nothing else: no script, no font, no picture from elsewhere; light and dark as the reader has it. */
export function htmlReport(report: RunReport): string {
  const { run, events, files, score, tables, trend } = report;
  const models = run.models.filter((node) => !isTest(node));
  const tests = run.models.filter(isTest);
  const bad = tests.filter((test) => verdictOf(test) !== "good");
  const tiles = [
    tile("Score", score ? formatScore(score.score) : "none", sparkline(trend)),
    tile("Rows loaded", formatCount(run.summary?.rowsLoaded ?? 0), quarantined(run.summary?.rowsQuarantined ?? 0)),
    tile("Models", String(models.length), countText(models)),
    tile("Tests", `${tests.length - bad.length} of ${tests.length}`, bad.length === 0 ? "passed" : countText(tests)),
    tile(
      "Time",
      run.seconds === null ? "running" : formatDuration(run.seconds),
      `by ${escapeMarkup(run.user)}, ${escapeMarkup(run.trigger)}`,
    ),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(run.lab)}: ${escapeMarkup(run.status)}</title>
<style>${style}</style>
</head>
<body>
<header>
<p class="eyebrow">Run ${escapeMarkup(run.id)} · <time datetime="${escapeMarkup(run.startedAt)}">${escapeMarkup(run.startedAt.replace("T", " ").slice(0, 19))} UTC</time></p>
<h1>${escapeMarkup(run.lab)} <span class="badge ${run.status === "ok" ? "good" : run.status === "failed" ? "bad" : "warn"}">${escapeMarkup(run.status)}</span></h1>
<p>${escapeMarkup(run.summary?.message ?? "")}</p>
</header>
<main>
<section class="tiles">${tiles.join("")}</section>
${score ? section("Score", scoreBars(score)) : ""}
${section("Steps", timeline(run.steps))}
${bad.length > 0 ? section("Tests that did not pass", nodeTable(bad, true)) : ""}
${events.length > 0 ? section("Warnings and errors", `<ul class="events">${events.map((e) => `<li class="${e.level === "error" ? "bad" : "warn"}"><pre>${escapeMarkup(e.text)}</pre></li>`).join("")}</ul>`) : ""}
${
  files.length > 0
    ? section(
        "Files",
        grid(
          ["File", "Table", "Outcome", "#Rows", "#Quarantined"],
          files.map((f) => [f.file, f.table, f.outcome, formatCount(f.rowsLoaded), formatCount(f.rowsQuarantined)]),
        ),
      )
    : ""
}
${models.length > 0 ? section("Models", nodeTable(models, false)) : ""}
${tables.length > 0 ? section("Tables", tables.map(tableScore).join("")) : ""}
</main>
</body>
</html>
`;
}

const section = (title: string, body: string): string => `<section><h2>${escapeMarkup(title)}</h2>${body}</section>`;

const tile = (label: string, value: string, below: string): string =>
  `<div class="tile"><span>${escapeMarkup(label)}</span><strong>${escapeMarkup(value)}</strong><small>${below}</small></div>`;

const quarantined = (rows: number): string => (rows === 0 ? "none quarantined" : `${formatCount(rows)} quarantined`);

function countText(nodes: Node[]): string {
  const counts = new Map<string, number>();
  for (const { status } of nodes) counts.set(status, (counts.get(status) ?? 0) + 1);
  return escapeMarkup([...counts].map(([status, count]) => `${count} ${status}`).join(", "));
}

/** The lab's scores over its last runs as a line. */
function sparkline(values: number[]): string {
  if (values.length < 2) return "first score";
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const points = values.map((value, i) => {
    const x = (i / (values.length - 1)) * 96 + 2;
    const y = high === low ? 10 : 18 - ((value - low) / (high - low)) * 16;
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  const first = values[0] ?? 0;
  const label = `Scores of the last ${values.length} runs, from ${formatScore(first)} to ${formatScore(values.at(-1) ?? 0)}`;
  return `<svg viewBox="0 0 100 20" preserveAspectRatio="none" role="img" aria-label="${label}"><polyline points="${points.join(" ")}"/></svg>`;
}

function scoreBars({ parts }: ReportScore): string {
  const rows = parts.map((part) => {
    const share = part.max === 0 ? 1 : part.points / part.max;
    const lost = part.causes.map(
      (c) =>
        `<li><b>−${c.points < 0.05 ? "&lt;0.1" : c.points.toFixed(1)}</b> ${escapeMarkup(c.text)}${c.query === null ? "" : `<code>${escapeMarkup(c.query)}</code>`}</li>`,
    );
    return `<div class="part"><span>${escapeMarkup(part.dimension)}</span><div class="bar ${share > 0.95 ? "good" : share > 0.7 ? "warn" : "bad"}"><i style="width:${(share * 100).toFixed(1)}%"></i></div><span class="number">${part.points.toFixed(1)} of ${part.max.toFixed(1)}</span>${lost.length > 0 ? `<ul class="lost">${lost.join("")}</ul>` : ""}</div>`;
  });
  return `<div class="parts">${rows.join("")}</div>`;
}

function tableScore(score: ReportScore): string {
  const rows = score.rows === null ? "" : ` · ${formatCount(score.rows)} rows`;
  return `<details><summary><span>${escapeMarkup(score.name)}</span><span class="number">${formatScore(score.score)}${rows}</span></summary>${scoreBars(score)}</details>`;
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
    return `<div class="step"><span>${escapeMarkup(s.name)}</span><div class="lane"><i class="${tone}" style="left:${Math.min(left, 99.4).toFixed(2)}%;width:${Math.min(width, 100 - left).toFixed(2)}%"></i></div><span class="number">${s.seconds === null ? escapeMarkup(s.status) : formatDuration(s.seconds)}</span></div>`;
  });
  return `<div class="steps">${rows.join("")}</div>`;
}

function nodeTable(nodes: Node[], failures: boolean): string {
  const slowest = Math.max(...nodes.map(({ seconds }) => seconds), 0.001);
  const rows = nodes.map((node) => {
    const tone = verdictOf(node);
    const name = escapeMarkup(node.relation && !isTest(node) ? node.relation : node.name);
    const message = tone === "good" || !node.message ? "" : `<pre>${escapeMarkup(node.message)}</pre>`;
    const count = failures ? `<td class="number">${node.failures === null ? "" : formatCount(node.failures)}</td>` : "";
    return `<tr><td>${name}${message}</td><td><span class="badge ${tone}">${escapeMarkup(node.status)}</span></td>${count}<td class="number time"><i style="width:${((node.seconds / slowest) * 100).toFixed(1)}%"></i><span>${formatDuration(node.seconds)}</span></td></tr>`;
  });
  return `<table><thead><tr><th>Name</th><th>Status</th>${failures ? '<th class="number">Failures</th>' : ""}<th class="number">Time</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

/** A plain table; a heading that begins with # is a column of numbers. */
function grid(head: string[], rows: string[][]): string {
  const tone = (i: number) => (head[i]?.startsWith("#") ? ' class="number"' : "");
  const cells = (row: string[], tag: string) =>
    row.map((text, i) => `<${tag}${tone(i)}>${escapeMarkup(text.replace(/^#(?=[A-Z])/, ""))}</${tag}>`).join("");
  return `<table><thead><tr>${cells(head, "th")}</tr></thead><tbody>${rows.map((row) => `<tr>${cells(row, "td")}</tr>`).join("")}</tbody></table>`;
}

const style = `
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#e3e7ec;--ground:#fff;--card:#f6f8fa;--good:#157347;--warn:#9a6700;--bad:#b42318;--good-bg:#dff3e6;--warn-bg:#fdf0cf;--bad-bg:#fde4e1;--accent:#2f6feb}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#9aa5b4;--line:#2b333e;--ground:#12161c;--card:#1a2029;--good:#5fd08f;--warn:#e3b341;--bad:#ff8f86;--good-bg:#123322;--warn-bg:#3a2d0b;--bad-bg:#3f1a17;--accent:#6ea0ff}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:2rem 1.25rem 4rem;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
h1{margin:.1em 0;font-size:1.9rem;letter-spacing:-.01em}h2{margin:2.2rem 0 .6rem;font-size:1.05rem}
p{margin:.3em 0}.eyebrow{color:var(--soft);font-size:.85rem}
.badge{display:inline-block;padding:.1em .55em;border-radius:99px;font-size:.8rem;font-weight:600;vertical-align:middle}
.badge.good{background:var(--good-bg);color:var(--good)}.badge.warn{background:var(--warn-bg);color:var(--warn)}.badge.bad{background:var(--bad-bg);color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));gap:.75rem;margin-top:1.5rem}
.tile{display:flex;flex-direction:column;padding:.9rem 1rem;background:var(--card);border:1px solid var(--line);border-radius:.6rem}
.tile span,.tile small{color:var(--soft);font-size:.82rem}.tile strong{font-size:1.5rem;font-variant-numeric:tabular-nums}
svg{width:100%;height:20px}polyline{fill:none;stroke:var(--accent);stroke-width:1.6;vector-effect:non-scaling-stroke}
table{width:100%;border-collapse:collapse;font-size:.92rem}th{text-align:left;color:var(--soft);font-weight:500}
th,td{padding:.4rem .5rem;border-bottom:1px solid var(--line);vertical-align:top}.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.time{position:relative;width:8rem}.time i{position:absolute;right:0;top:15%;bottom:15%;background:var(--accent);opacity:.16;border-radius:3px}.time span{position:relative}
pre{margin:.4em 0 0;white-space:pre-wrap;overflow-wrap:anywhere;font:.82rem/1.45 ui-monospace,monospace}
.part,.step{display:grid;grid-template-columns:8rem 1fr 7rem;gap:.75rem;align-items:center;padding:.2rem 0}
.bar,.lane{position:relative;height:.6rem;background:var(--line);border-radius:99px;overflow:hidden}.bar i,.lane i{position:absolute;top:0;bottom:0;left:0;border-radius:99px;background:var(--good)}
.bar.warn i,i.warn{background:var(--warn)}.bar.bad i,i.bad{background:var(--bad)}
.lost{grid-column:2/-1;margin:.1rem 0 .5rem;padding-left:1rem;color:var(--soft);font-size:.88rem}.lost b{color:var(--bad);font-weight:600}
code{display:block;margin-top:.15rem;font:.78rem/1.4 ui-monospace,monospace;overflow-wrap:anywhere}
details{border-bottom:1px solid var(--line)}summary{display:flex;justify-content:space-between;gap:1rem;padding:.45rem .25rem;cursor:pointer}
.events{list-style:none;padding:0}.events li{margin:.4rem 0;padding:.35rem .8rem;border-left:3px solid var(--warn);background:var(--card)}.events .bad{border-color:var(--bad)}.events pre{margin:.2em 0}
@media(max-width:40rem){.part,.step{grid-template-columns:6rem 1fr}.part .number,.step .number{grid-column:2}.time i{display:none}}
`;
