import { existsSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { isMap, isSeq, parse, type YAMLMap, type YAMLSeq } from "yaml";
import { readText, writeAtomic } from "./files.ts";
import { requireLabText } from "./lab-config.ts";
import type { SourceEntry } from "./schemas/source.ts";
import { parseYaml } from "./yaml-file.ts";

/**
 * The text of a `lab.yml` with more said about some of its sources, comments and the rest kept. What a source says already
 * stays; one that is not there is added. `text` undefined: there is no file yet.
 */
export function withSources(
  text: string | undefined,
  file: string,
  entries: (Partial<SourceEntry> & { name: string })[],
): string {
  const document = parseYaml(text ?? "", file).document.clone();
  let sources = document.get("sources");
  if (!isSeq(sources)) {
    document.set("sources", document.createNode([]));
    sources = document.get("sources");
  }
  const list = sources as YAMLSeq;
  list.flow = false;
  for (const entry of entries) {
    const present = list.items.find((item): item is YAMLMap => isMap(item) && item.get("name") === entry.name);
    if (!present) {
      list.add(document.createNode(entry));
      continue;
    }
    for (const [key, value] of Object.entries(entry)) {
      if (!present.has(key)) present.set(key, document.createNode(value));
    }
  }
  return asWritten(text ?? "", document.toString({ lineWidth: 0 }));
}

/** Keys are compared by whoever reads the file; the library needs seconds for ten thousand of them. */
const unchecked = { uniqueKeys: false };

/** Gives lines that say the same as before their old spelling back: the writer has its own taste of blanks in `[a, b]`. */
function asWritten(before: string, after: string): string {
  const bare = (line: string) => line.replace(/\s/g, "");
  const old = before.split("\n");
  // Of each spelling the places that are still ahead, the next one last.
  const ahead = new Map<string, number[]>();
  for (let i = old.length - 1; i >= 0; i--) {
    const key = bare(old[i] ?? "");
    const places = ahead.get(key);
    if (places) places.push(i);
    else ahead.set(key, [i]);
  }
  let next = 0;
  const lines = after.split("\n").map((line) => {
    const places = ahead.get(bare(line)) ?? [];
    while ((places.at(-1) ?? next) < next) places.pop();
    const at = places.pop();
    if (at === undefined) return line;
    next = at + 1;
    return old[at] ?? line;
  });
  const kept = lines.join("\n");
  const same = (one: string, other: string) => isDeepStrictEqual(parse(one, unchecked), parse(other, unchecked));
  return same(kept, after) ? kept : after;
}

/**
 * Writes {@link withSources} into a lab.yml. The result must be valid, else nothing is written. What somebody saves while the
 * text is made is taken in, not overwritten. Errors: REG-003, REG-004, REG-005, REG-012.
 */
export function freezeSources(file: string, entries: Parameters<typeof withSources>[2]): void {
  const read = () => (existsSync(file) ? readText(file) : undefined);
  for (;;) {
    const before = read();
    const text = withSources(before, file, entries);
    requireLabText(text, file);
    if (read() !== before) continue;
    writeAtomic(file, text);
    return;
  }
}

/** Entries of `sources:` as YAML, to be read or pasted. */
export const sourcesText = (entries: Parameters<typeof withSources>[2]): string =>
  withSources(undefined, "lab.yml", entries);
