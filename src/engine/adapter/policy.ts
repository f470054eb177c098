import { PyDict, PyObject, repr, type Value } from "#jinja/index.ts";

export const components = ["database", "schema", "identifier"] as const;
export type Component = (typeof components)[number];

/** Which parts of a relation's name are quoted, or included, when it is rendered. */
export type Policy = Record<Component, boolean>;
export type RelationPath = Record<Component, string | null>;

export const everything: Policy = { database: true, schema: true, identifier: true };

/** `relation.path`, `relation.quote_policy`, `relation.include_policy` as templates see them: attributes, items and `to_dict()`. */
export class Parts extends PyObject {
  readonly pyType: string;
  readonly parts: Record<Component, Value>;
  constructor(pyType: "Path" | "Policy", parts: Record<Component, Value>) {
    super();
    this.pyType = pyType;
    this.parts = parts;
  }
  override getAttr(name: string): Value | undefined {
    return (components as readonly string[]).includes(name) ? this.parts[name as Component] : undefined;
  }
  override getItem(key: Value): Value | undefined {
    return typeof key === "string" ? this.getAttr(key) : undefined;
  }
  toDict(): PyDict {
    return new PyDict(components.map((key) => [key, this.parts[key]]));
  }
  override get isMapping(): boolean {
    return true;
  }
  override repr(): string {
    return `${this.pyType}(${components.map((key) => `${key}=${repr(this.parts[key])}`).join(", ")})`;
  }
  override equals(other: Value): boolean {
    return (
      other instanceof Parts &&
      other.pyType === this.pyType &&
      components.every((k) => other.parts[k] === this.parts[k])
    );
  }
  override hash(): unknown {
    return this.repr();
  }
  override toPlain(): unknown {
    return { ...this.parts };
  }
}

/** The parts of a mapping or of another Parts object, leaving out what is not there. */
export function readParts<T extends Value>(
  value: Value | undefined,
  convert: (part: Value) => T,
): Partial<Record<Component, T>> {
  const found: Partial<Record<Component, T>> = {};
  for (const key of components) {
    const part = value instanceof PyDict ? value.get(key) : value instanceof Parts ? value.parts[key] : undefined;
    if (part !== undefined) found[key] = convert(part);
  }
  return found;
}
