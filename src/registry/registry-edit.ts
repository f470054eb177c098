import { isDeepStrictEqual } from "node:util";
import { type Document, isMap, isScalar, type Pair, stringify, type YAMLMap } from "yaml";
import type { LabEntry } from "./schemas/workspace.ts";
import { parseYaml } from "./yaml-file.ts";

/**
 * The text of a `labs_config.yaml` with one more lab at the end. Every other byte stays as it is: comments, order,
 * quotes, alignment, line ends. Only a file in flow style (`labs: {a: {...}}`) is written anew.
 */
export function withLab(text: string, file: string, name: string, entry: LabEntry): string {
  const { document, data } = parseYaml(text, file);
  const wanted = { ...(data as object), labs: { ...(data as { labs?: object | null })?.labs, [name]: entry } };
  const edited = insertText(text, document, name, entry);
  if (edited !== undefined) {
    // A layout that the insertion misreads must never reach the disk.
    try {
      if (isDeepStrictEqual(parseYaml(edited, file).data, wanted)) return edited;
    } catch {
      // Fall through to the slower way.
    }
  }
  const anew = document.clone();
  if (isMap(anew.get("labs"))) anew.setIn(["labs", name], anew.createNode(entry));
  else anew.set("labs", anew.createNode({ [name]: entry }));
  return anew.toString({ lineWidth: 0 });
}

function insertText(text: string, document: Document, name: string, entry: LabEntry): string | undefined {
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const block = (indent: string): string =>
    stringify({ [name]: entry }, { lineWidth: 0, indent: 2 })
      .trimEnd()
      .split("\n")
      .map((line) => indent + line + newline)
      .join("");
  const top = document.contents;
  if (top === null) return `${text}${text === "" || text.endsWith("\n") ? "" : newline}labs:${newline}${block("  ")}`;
  if (!isMap(top) || top.flow) return undefined;
  const pair = top.items.find((item) => isScalar(item.key) && item.key.value === "labs") as Pair | undefined;
  const value = pair?.value;
  if (isMap(value) && !value.flow && value.items.length > 0) {
    const indent = columnOf(text, keyOffset(value.items[0]));
    const end = endOfMap(text, value, indent);
    const before = text.slice(0, end);
    return `${before}${before.endsWith("\n") ? "" : newline}${block(" ".repeat(indent))}${text.slice(end)}`;
  }
  const empty =
    value === null || (isScalar(value) && value.value === null) || (isMap(value) && value.items.length === 0);
  if (!pair || !isScalar(pair.key) || !empty || !pair.key.range) return undefined;
  // `labs:` or `labs: {}`: the entry goes on the next line.
  const lineEnd = lineEndOf(text, pair.key.range[0]);
  const line = text.slice(pair.key.range[0], lineEnd).replace(/^("?labs"?\s*:)[ \t]*(\{\s*\}|~|null)(?=\s|$)/, "$1");
  const rest = text.slice(lineEnd);
  return `${text.slice(0, pair.key.range[0])}${line.replace(/[\r\n]+$/, "")}${newline}${block("  ")}${rest}`;
}

const keyOffset = (pair: YAMLMap["items"][number] | undefined): number =>
  isScalar(pair?.key) ? (pair.key.range?.[0] ?? 0) : 0;

const columnOf = (text: string, offset: number): number => offset - (text.lastIndexOf("\n", offset - 1) + 1);

function lineEndOf(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end === -1 ? text.length : end + 1;
}

/** Behind the last line of a block map, and behind comments under it that are indented deeper than its keys. */
function endOfMap(text: string, map: YAMLMap, indent: number): number {
  const last = map.items.at(-1);
  const value = last?.value as { range?: [number, number, number] | null } | null | undefined;
  const start = value?.range && value.range[1] > value.range[0] ? value.range[1] : keyOffset(last) + 1;
  // A block's range may reach to the start of the line behind it.
  let end = text[start - 1] === "\n" ? start : lineEndOf(text, start - 1);
  for (;;) {
    const next = lineEndOf(text, end);
    const comment = /^( *)#/.exec(text.slice(end, next));
    if (next === end || !comment || (comment[1] ?? "").length <= indent) return end;
    end = next;
  }
}
