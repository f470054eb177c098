export interface VolatileNode {
  package: string;
  /** Its file in the package. */
  path: string;
  /** What its template referred to and configured, as exact JSON. */
  captured: string;
}

/**
 * What a parse depended on besides files, settings and target: whether its result may stand for a later one.
 * Templates are asked at the place where they reach for something, so that nothing has to be guessed from their text.
 */
export class ParseNotes {
  /** Environment variables that templates asked for, with what they got; null where there was none. */
  readonly env = new Map<string, string | null>();
  /** Nodes whose templates reach for something that differs between invocations, by unique id. */
  readonly volatile = new Map<string, VolatileNode>();
  /** The node that is rendered right now. */
  rendering: string | undefined;
  /** Hooks and generic tests are rendered for their references: what time it is decides none of them. */
  referencesOnly = false;
  /** Set: the result holds for this invocation alone. */
  unkept = false;

  /** A template reaches for what differs between invocations (`value`), or for something that leaves a mark (`effect`). */
  reached(what: "value" | "effect"): void {
    if (this.referencesOnly && what === "value") return;
    if (this.rendering === undefined) this.unkept = true;
    else if (!this.volatile.has(this.rendering))
      this.volatile.set(this.rendering, { package: "", path: "", captured: "" });
  }
}
