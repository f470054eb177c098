import { escapeMarkup } from "./escape.ts";
import { style } from "./style.ts";

/** `good`, `warn` or `bad` of a score from 0 to 100. */
export const toneOf = (score: number): "good" | "warn" | "bad" => (score >= 90 ? "good" : score >= 70 ? "warn" : "bad");

/** One page that needs nothing else: no script, no font, no picture from elsewhere; light and dark as the reader has it. */
export function page(title: string, header: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(title)}</title>
<style>${style}</style>
</head>
<body>
<header>${header}</header>
<main>
${body}
</main>
</body>
</html>
`;
}

export const section = (title: string, body: string, note = ""): string =>
  body === ""
    ? ""
    : `<section><h2>${escapeMarkup(title)}${note === "" ? "" : ` <small>${note}</small>`}</h2>${body}</section>`;

/** A figure with its name and a line below, which is markup. */
export const tile = (label: string, value: string, below: string, tone = ""): string =>
  `<div class="tile ${tone}"><span>${escapeMarkup(label)}</span><strong>${escapeMarkup(value)}</strong><small>${below}</small></div>`;

export const badge = (text: string, tone: string): string => `<span class="badge ${tone}">${escapeMarkup(text)}</span>`;

/** A share from 0 to 1 as a bar. */
export const shareBar = (share: number, tone: string): string =>
  `<div class="bar ${tone}"><i style="width:${(Math.min(1, Math.max(0, share)) * 100).toFixed(1)}%"></i></div>`;

/** A score as a ring that is as full as the score is high. */
export function ring(score: number | null, label: string): string {
  const length = 2 * Math.PI * 52;
  const filled = ((score ?? 0) / 100) * length;
  const text = score === null ? "–" : String(Math.round(score * 10) / 10);
  return `<svg class="ring ${score === null ? "" : toneOf(score)}" viewBox="0 0 120 120" role="img" aria-label="${escapeMarkup(`${label}: ${text} of 100`)}">
<circle class="track" cx="60" cy="60" r="52"/><circle class="value" cx="60" cy="60" r="52" stroke-dasharray="${filled.toFixed(1)} ${length.toFixed(1)}" transform="rotate(-90 60 60)"/>
<text x="60" y="66" class="figure">${text}</text><text x="60" y="84" class="caption">of 100</text></svg>`;
}

/** Values over time, oldest first, as an area under a line; `label` says what they are. */
export function area(values: readonly number[], label: string, format: (value: number) => string): string {
  if (values.length < 2) return "";
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [width, height, top] = [600, 96, 10];
  // A line that hardly moves must not look like mountains.
  const floor = Math.max(0, Math.min(low - (high - low) * 0.25, high * 0.96));
  const x = (i: number) => 6 + (i / (values.length - 1)) * (width - 12);
  const y = (value: number) =>
    high === floor ? height / 2 : top + (1 - (value - floor) / (high - floor)) * (height - top - 14);
  const points = values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`);
  const dots = values.map(
    (value, i) =>
      `<path d="M${x(i).toFixed(1)} ${y(value).toFixed(1)}h0"><title>${escapeMarkup(format(value))}</title></path>`,
  );
  const words = `${label}: ${values.length} runs, from ${format(values[0] ?? 0)} to ${format(values.at(-1) ?? 0)}`;
  return `<figure><svg class="area" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="${escapeMarkup(words)}">
<polygon points="6,${height} ${points.join(" ")} ${width - 6},${height}"/><polyline points="${points.join(" ")}"/>${dots.join("")}</svg><figcaption>${escapeMarkup(words)}</figcaption></figure>`;
}

/** A small line of values, oldest first; nothing for fewer than two. */
export function spark(values: readonly number[], label: string): string {
  if (values.length < 2) return "";
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const points = values.map((value, i) => {
    const at = (i / (values.length - 1)) * 96 + 2;
    return `${at.toFixed(1)},${(high === low ? 10 : 18 - ((value - low) / (high - low)) * 16).toFixed(1)}`;
  });
  return `<svg class="spark" viewBox="0 0 100 20" preserveAspectRatio="none" role="img" aria-label="${escapeMarkup(label)}"><polyline points="${points.join(" ")}"/></svg>`;
}

/** Columns side by side, each with what it stands for as its tooltip, and the ends of the axis below. */
export function columnsChart(
  bins: readonly { label: string; count: number }[],
  ends: readonly [string, string],
  label: string,
): string {
  const most = Math.max(1, ...bins.map(({ count }) => count));
  const wide = 240 / Math.max(1, bins.length);
  const bars = bins.map(({ label: text, count }, i) => {
    const tall = count === 0 ? 0 : Math.max(1.5, (count / most) * 60);
    return `<rect x="${(i * wide + wide * 0.06).toFixed(2)}" y="${(62 - tall).toFixed(2)}" width="${(wide * 0.88).toFixed(2)}" height="${tall.toFixed(2)}" rx="1"><title>${escapeMarkup(text)}</title></rect>`;
  });
  return `<figure><svg class="columns" viewBox="0 0 240 64" preserveAspectRatio="none" role="img" aria-label="${escapeMarkup(label)}">${bars.join("")}<line x1="0" y1="63" x2="240" y2="63"/></svg><figcaption class="ends"><span>${escapeMarkup(ends[0])}</span><span>${escapeMarkup(ends[1])}</span></figcaption></figure>`;
}

/** A plain table; a heading that begins with # is a column of numbers. Cells are markup. */
export function grid(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const tone = (i: number) => (head[i]?.startsWith("#") ? ' class="number"' : "");
  const titles = head.map((text, i) => `<th${tone(i)}>${escapeMarkup(text.replace(/^#/, ""))}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map((cell, i) => `<td${tone(i)}>${cell}</td>`).join("")}</tr>`).join("");
  return `<div class="wide"><table><thead><tr>${titles}</tr></thead><tbody>${body}</tbody></table></div>`;
}
