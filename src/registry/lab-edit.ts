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

/** Gives lines that say the same as before their old spelling back: the writer has its own taste of blanks in `[a, b]`. */
function asWritten(before: string, after: string): string {
  const bare = (line: string) => line.replace(/\s/g, "");
  const old = before.split("\n");
  let next = 0;
  const lines = after.split("\n").map((line) => {
    const at = old.findIndex((candidate, i) => i >= next && bare(candidate) === bare(line));
    if (at === -1) return line;
    next = at + 1;
    return old[at] ?? line;
  });
  const kept = lines.join("\n");
  const same = (one: string, other: string) => isDeepStrictEqual(parse(one), parse(other));
  return same(kept, after) ? kept : after;
}

/**
 * Writes {@link withSources} into a lab.yml. The result must be valid, else nothing is written.
 * Errors: REG-003, REG-004, REG-005, REG-012.
 */
export function freezeSources(file: string, entries: Parameters<typeof withSources>[2]): void {
  const text = withSources(existsSync(file) ? readText(file) : undefined, file, entries);
  requireLabText(text, file);
  writeAtomic(file, text);
}

/** Entries of `sources:` as YAML, to be read or pasted. */
export const sourcesText = (entries: Parameters<typeof withSources>[2]): string =>
  withSources(undefined, "lab.yml", entries);
