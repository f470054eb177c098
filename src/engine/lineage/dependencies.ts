import { fold } from "./tree.ts";
import type { Clause, ColumnOrigin, RowOrigin, TransformationKind } from "./types.ts";

const strength: Record<TransformationKind, number> = { identity: 0, derived: 1, aggregated: 2 };

const stronger = (a: TransformationKind, b: TransformationKind): TransformationKind =>
  strength[a] >= strength[b] ? a : b;

const keyOf = (node: string, column: string): string => `${node}\n${fold(column)}`;

/** The columns that a value is made of, each with the strongest way in which it takes part. */
export class Dependencies {
  readonly #origins = new Map<string, ColumnOrigin>();
  /** False when something else takes part that is not known. */
  complete = true;

  static of(node: string, column: string, kind: TransformationKind = "identity"): Dependencies {
    const found = new Dependencies();
    found.#origins.set(keyOf(node, column), { node, column, kind });
    return found;
  }

  static unknown(): Dependencies {
    const found = new Dependencies();
    found.complete = false;
    return found;
  }

  /** Takes in what another value is made of, as at least `kind`. */
  add(other: Dependencies, kind: TransformationKind = "identity"): this {
    if (!other.complete) this.complete = false;
    for (const [key, origin] of other.#origins) {
      const known = this.#origins.get(key);
      const raised = stronger(stronger(origin.kind, kind), known?.kind ?? "identity");
      this.#origins.set(key, { ...origin, kind: raised });
    }
    return this;
  }

  /** The same as a value of an expression: at least `kind`. */
  as(kind: TransformationKind): Dependencies {
    return new Dependencies().add(this, kind);
  }

  get origins(): ColumnOrigin[] {
    return [...this.#origins.values()];
  }

  /** Equal when nothing was added: how a recursive query knows that it has seen everything. */
  get fingerprint(): string {
    return [...this.#origins].map(([key, { kind }]) => `${key}\n${kind}`).join("\n\n") + String(this.complete);
  }
}

/** The columns that decide about the rows of a query. */
export class RowDependencies {
  readonly #origins = new Map<string, { node: string; column: string; clauses: Set<Clause> }>();
  complete = true;

  /** A clause uses a value. */
  use(dependencies: Dependencies, clause: Clause): this {
    if (!dependencies.complete) this.complete = false;
    for (const { node, column } of dependencies.origins) this.#note(node, column, [clause]);
    return this;
  }

  /** The rows of another query are read. */
  include(other: RowDependencies): this {
    if (!other.complete) this.complete = false;
    for (const { node, column, clauses } of other.#origins.values()) this.#note(node, column, clauses);
    return this;
  }

  /** As the value of a scalar subquery or of `exists`: which rows there are decides about it. */
  asValue(): Dependencies {
    const value = new Dependencies();
    for (const { node, column } of this.#origins.values()) value.add(Dependencies.of(node, column, "derived"));
    if (!this.complete) value.complete = false;
    return value;
  }

  get origins(): RowOrigin[] {
    return [...this.#origins.values()].map(({ node, column, clauses }) => ({ node, column, clauses: [...clauses] }));
  }

  #note(node: string, column: string, clauses: Iterable<Clause>): void {
    const key = keyOf(node, column);
    let known = this.#origins.get(key);
    if (!known) this.#origins.set(key, (known = { node, column, clauses: new Set() }));
    for (const clause of clauses) known.clauses.add(clause);
  }
}
