import { isMap, isSeq, type YAMLMap, type YAMLSeq } from "yaml";
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
  const { document } = parseYaml(text ?? "", file);
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
  return document.toString({ lineWidth: 0 });
}

/**
 * Writes {@link withSources} into a lab.yml. The result must be valid, else nothing is written.
 * Errors: REG-003, REG-004, REG-005, REG-012.
 */
export function freezeSources(file: string, exists: boolean, entries: Parameters<typeof withSources>[2]): void {
  const text = withSources(exists ? readText(file) : undefined, file, entries);
  requireLabText(text, file);
  writeAtomic(file, text);
}

/** Entries of `sources:` as YAML, to be read or pasted. */
export const sourcesText = (entries: Parameters<typeof withSources>[2]): string =>
  withSources(undefined, "lab.yml", entries);
