import { manifestFields } from "../7-artifacts/fields.ts";
import type { OnNode, Section } from "../7-artifacts/manifest.ts";
import { blankNode, noResources } from "../manifest/blank.ts";
import { exactJson, fromExactJson } from "../manifest/exact.ts";
import { linesAboveOf, noteLinesAbove } from "../manifest/source-lines.ts";
import { lacksMacro, noteMissingMacro } from "../manifest/missing-macro.ts";
import type { Manifest, PlainRecord } from "../manifest/types.ts";

/** What a manifest.json does not say of the nodes that it was written from. */
export interface Extras {
  /** Keys of nodes in their order: templates can see it. */
  shapes: string[][];
  sections: Partial<Record<Section, SectionExtras>>;
}

interface SectionExtras {
  /** The shape of every node, in the order of the manifest. */
  shapes: number[];
  /** Fields that are in no manifest, by unique id. */
  fields: Record<string, PlainRecord>;
  /** Nodes with values that JSON has no word for, as exact JSON. */
  exact: Record<string, string>;
  linesAbove: Record<string, number>;
  withoutMacro: string[];
}

/** Collects the extras while a manifest is written. */
export class ExtrasWriter {
  readonly #extras: Extras = { shapes: [], sections: {} };
  readonly #shapes = new Map<string, number>();
  /** By shape and kind of node: the keys that the manifest leaves out. */
  readonly #unwritten: Map<string, string[]>[] = [];
  /** False once a node turned up that no text can say. */
  complete = true;

  readonly note: OnNode = (section, id, node, exact) => {
    const own = (this.#extras.sections[section] ??= {
      shapes: [],
      fields: {},
      exact: {},
      linesAbove: {},
      withoutMacro: [],
    });
    const shape = this.#shapeOf(node);
    own.shapes.push(shape);
    const above = linesAboveOf(node);
    if (above > 0) own.linesAbove[id] = above;
    if (lacksMacro(node)) own.withoutMacro.push(id);
    if (!exact) {
      const text = exactJson(node);
      if (text === undefined) this.complete = false;
      else own.exact[id] = text;
      return;
    }
    let fields: PlainRecord | undefined;
    for (const key of this.#unwrittenOf(shape, node)) {
      const value = node[key];
      if (isBlank(key, value)) continue;
      fields ??= {};
      fields[key] = value;
    }
    if (!fields) return;
    // Beside the manifest's text nothing says whether these are plain.
    const text = exactJson(fields);
    if (text === undefined) this.complete = false;
    else own.fields[id] = JSON.parse(text) as PlainRecord;
  };

  text(): string {
    return JSON.stringify(this.#extras);
  }

  #shapeOf(node: PlainRecord): number {
    const keys = Object.keys(node);
    const name = keys.join();
    let shape = this.#shapes.get(name);
    if (shape === undefined) {
      shape = this.#extras.shapes.push(keys) - 1;
      this.#shapes.set(name, shape);
    }
    return shape;
  }

  #unwrittenOf(shape: number, node: PlainRecord): string[] {
    const kinds = (this.#unwritten[shape] ??= new Map());
    const kind = String(node.resource_type);
    let keys = kinds.get(kind);
    if (!keys) {
      const written = new Set(manifestFields(node).map(([name]) => name));
      // What was not compiled has none of these in the manifest, and of a seed's dependencies only one half is written.
      for (const key of Object.keys(blankCompilation)) written.delete(key);
      if (kind === "seed") written.delete("depends_on");
      keys = (this.#extras.shapes[shape] as string[]).filter((key) => !written.has(key));
      kinds.set(kind, keys);
    }
    return keys;
  }
}

const blankCompilation: PlainRecord = {
  compiled: false,
  compiled_code: null,
  extra_ctes_injected: false,
  extra_ctes: [],
};

/** Fields that are not worth a word: what stands there when nothing is said. */
const blanks: PlainRecord = { ...blankNode("", "sql", 0), depends_on: { macros: [], nodes: [] } };

function isBlank(key: string, value: unknown): boolean {
  if (value === undefined) return true;
  if (typeof value !== "object" || value === null) return Object.hasOwn(blanks, key) && value === blanks[key];
  return Object.hasOwn(blanks, key) && JSON.stringify(value) === JSON.stringify(blanks[key]);
}

/** The sections of a manifest as they were before they were written. `texts`: what manifest.json says. */
export function restoreSections(
  texts: Record<Section, Record<string, PlainRecord | PlainRecord[]>>,
  extras: Extras,
): Omit<Manifest, "metadata"> {
  const restored = { ...noResources() } as unknown as Record<Section, Record<string, unknown>>;
  for (const section of Object.keys(extras.sections) as Section[]) {
    const own = extras.sections[section] as SectionExtras;
    const target = restored[section];
    let next = 0;
    const nodeOf = (id: string, record: PlainRecord): PlainRecord => {
      const shape = extras.shapes[own.shapes[next++] as number] as string[];
      const exact = own.exact[id];
      const node = exact === undefined ? shaped(shape, record, own.fields[id]) : (fromExactJson(exact) as PlainRecord);
      const above = own.linesAbove[id];
      if (above !== undefined) noteLinesAbove(node, above);
      return node;
    };
    for (const [id, record] of Object.entries(texts[section])) {
      // The built-in ones are in every manifest.
      if ((section === "macros" || section === "docs") && isBuiltin(record as PlainRecord)) continue;
      target[id] = Array.isArray(record) ? record.map((one) => nodeOf(id, one)) : nodeOf(id, record);
    }
    for (const id of own.withoutMacro) {
      const node = target[id];
      if (node) noteMissingMacro(node);
    }
  }
  return restored as unknown as Omit<Manifest, "metadata">;
}

function isBuiltin({ package_name: name }: PlainRecord): boolean {
  return name === "dbt" || name === "dbt_duckdb";
}

function shaped(shape: string[], record: PlainRecord, fields: PlainRecord | undefined): PlainRecord {
  const node: PlainRecord = {};
  const more = fields && (fromExactJson(JSON.stringify(fields)) as PlainRecord);
  for (const key of shape) {
    if (more && key in more) node[key] = more[key];
    else if (key in record && !(record.resource_type === "seed" && key === "depends_on")) node[key] = record[key];
    else node[key] = blankOf(key);
  }
  return node;
}

function blankOf(key: string): unknown {
  if (key === "depends_on") return { macros: [], nodes: [] };
  const blank = blanks[key];
  if (Array.isArray(blank)) return [...(blank as unknown[])];
  return typeof blank === "object" && blank !== null ? { ...blank } : blank;
}
