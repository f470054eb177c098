/**
 * Markdown to HTML for descriptions: headings, paragraphs, emphasis, code, lists, quotes, tables, links, rules.
 * Nothing of the text becomes HTML by itself: everything is escaped first, and links lead only to http, https, mailto
 * and places in the page.
 */
export function renderMarkdown(text: string): string {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const html: string[] = [];
  let i = 0;
  while (i < lines.length) {
    const block = blockAt(lines, i);
    html.push(block.html);
    i = block.next;
  }
  return html.join("\n").trim();
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

interface Block {
  html: string;
  /** Line after the block. */
  next: number;
}

const bullet = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const heading = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const rule = /^ {0,3}([-*_])\s*(\1\s*){2,}$/;
const fence = /^ {0,3}(```+|~~~+)\s*([\w+-]*)/;
const tableRule = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

function blockAt(lines: string[], start: number): Block {
  const line = lines[start] ?? "";
  if (line.trim() === "") return { html: "", next: start + 1 };
  const fenced = fence.exec(line);
  if (fenced) return codeBlock(lines, start, fenced[1] as string);
  const titled = heading.exec(line);
  if (titled) {
    const level = (titled[1] as string).length;
    return { html: `<h${level}>${inline(titled[2] as string)}</h${level}>`, next: start + 1 };
  }
  if (rule.test(line)) return { html: "<hr>", next: start + 1 };
  if (/^ {0,3}>/.test(line)) {
    const end = endOf(lines, start, (one) => /^ {0,3}>/.test(one));
    const quoted = lines.slice(start, end).map((one) => one.replace(/^ {0,3}> ?/, ""));
    return { html: `<blockquote>${renderMarkdown(quoted.join("\n"))}</blockquote>`, next: end };
  }
  if (line.includes("|") && tableRule.test(lines[start + 1] ?? "") && (lines[start + 1] ?? "").includes("-")) {
    return table(lines, start);
  }
  if (bullet.test(line)) return list(lines, start);
  const end = endOf(lines, start, (one, i) => one.trim() !== "" && (i === start || !startsBlock(one)));
  return { html: `<p>${lines.slice(start, end).map(hardBreak).join("\n")}</p>`, next: end };
}

function startsBlock(line: string): boolean {
  return fence.test(line) || heading.test(line) || /^ {0,3}>/.test(line) || bullet.test(line) || rule.test(line);
}

function endOf(lines: string[], start: number, inside: (line: string, index: number) => boolean): number {
  let end = start;
  while (end < lines.length && inside(lines[end] as string, end)) end++;
  return end;
}

function hardBreak(line: string): string {
  const text = inline(line.trim());
  return / {2,}$|\\$/.test(line) ? `${text.replace(/\\$/, "")}<br>` : text;
}

function codeBlock(lines: string[], start: number, mark: string): Block {
  const close = new RegExp(`^ {0,3}${mark[0] === "`" ? "`" : "~"}{${mark.length},}\\s*$`);
  const end = endOf(lines, start + 1, (one) => !close.test(one));
  const code = lines.slice(start + 1, end).join("\n");
  return { html: `<pre><code>${escapeHtml(code)}</code></pre>`, next: end + 1 };
}

function list(lines: string[], start: number): Block {
  const first = bullet.exec(lines[start] ?? "") as RegExpExecArray;
  const indent = (first[1] as string).length;
  const ordered = /\d/.test(first[2] as string);
  const items: string[] = [];
  let i = start;
  while (i < lines.length) {
    const match = bullet.exec(lines[i] as string);
    if (!match || (match[1] as string).length < indent || /\d/.test(match[2] as string) !== ordered) break;
    const inner = [match[3] as string];
    i++;
    // What is indented under an item belongs to it: more text or a list of its own.
    const deeper = endOf(lines, i, (one) => /^\s/.test(one) && one.trim() !== "" && leading(one) > indent);
    const width = Math.min(...lines.slice(i, deeper).map(leading), Number.POSITIVE_INFINITY);
    for (; i < deeper; i++) inner.push((lines[i] as string).slice(Number.isFinite(width) ? width : 0));
    const content = renderMarkdown(inner.join("\n"));
    items.push(`<li>${content.replace(/^<p>([\s\S]*?)<\/p>/, "$1")}</li>`);
    if ((lines[i] ?? "x").trim() === "" && bullet.test(lines[i + 1] ?? "")) i++;
  }
  const tag = ordered ? "ol" : "ul";
  return { html: `<${tag}>${items.join("")}</${tag}>`, next: Math.max(i, start + 1) };
}

function leading(line: string): number {
  return line.length - line.trimStart().length;
}

function table(lines: string[], start: number): Block {
  const end = endOf(lines, start + 2, (one) => one.includes("|"));
  const row = (line: string, tag: string) =>
    `<tr>${cells(line)
      .map((cell) => `<${tag}>${inline(cell)}</${tag}>`)
      .join("")}</tr>`;
  const body = lines.slice(start + 2, end).map((line) => row(line, "td"));
  return {
    html: `<table><thead>${row(lines[start] as string, "th")}</thead><tbody>${body.join("")}</tbody></table>`,
    next: end,
  };
}

function cells(line: string): string[] {
  return line
    .trim()
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));
}

/** Code spans are taken out first, so that nothing inside them is read as markup. */
function inline(text: string): string {
  return text
    .split(/(`+[^`]+`+)/)
    .map((part) =>
      /^`+[^`]+`+$/.test(part) ? `<code>${escapeHtml(part.replace(/^`+ ?| ?`+$/g, ""))}</code>` : spans(part),
    )
    .join("");
}

function spans(text: string): string {
  return escapeHtml(text)
    .replace(/!?\[([^\]]*)\]\(\s*([^)\s]+)(?:\s+&quot;[^)]*&quot;)?\s*\)/g, (_all, label: string, address: string) =>
      link(label, address),
    )
    .replace(
      /(^|[\s(])(https?:\/\/[^\s<)]+)/g,
      (_all, before: string, address: string) => before + link(address, address),
    )
    .replace(/\*\*(?=\S)(.+?)(?<=\S)\*\*/g, "<strong>$1</strong>")
    .replace(/__(?=\S)(.+?)(?<=\S)__/g, "<strong>$1</strong>")
    .replace(/\*(?=\S)(.+?)(?<=\S)\*/g, "<em>$1</em>")
    .replace(/(?<![\w])_(?=\S)(.+?)(?<=\S)_(?![\w])/g, "<em>$1</em>")
    .replace(/~~(?=\S)(.+?)(?<=\S)~~/g, "<del>$1</del>");
}

/** Both arguments are escaped already. */
function link(label: string, address: string): string {
  const safe = /^(https?:\/\/|mailto:|#)/i.test(address);
  // Emphasis marks inside an address are no emphasis.
  const target = address.replaceAll("*", "%2A").replaceAll("_", "%5F").replaceAll("~", "%7E");
  return safe ? `<a href="${target}" rel="noopener noreferrer">${label || target}</a>` : label;
}
