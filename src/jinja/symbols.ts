import type { Expr, For, Node, Stmt, Target } from "./ast.ts";
import { children, walk } from "./ast.ts";

/** Where a variable lives: a position in the variables of the frame at `level`. */
export interface Slot {
  level: number;
  index: number;
  name: string;
}

/** What a frame's variable holds when the frame is entered. */
export type Load =
  | { how: "parameter" }
  | { how: "missing" }
  | { how: "resolve"; name: string }
  | { how: "alias"; slot: Slot };

class Layout {
  readonly level: number;
  private readonly slots = new Map<string, Slot>();
  constructor(level: number) {
    this.level = level;
  }
  get size(): number {
    return this.slots.size;
  }
  slot(name: string): Slot {
    let slot = this.slots.get(name);
    if (!slot) this.slots.set(name, (slot = { level: this.level, index: this.slots.size, name }));
    return slot;
  }
}

/**
 * The names of one frame (template, macro, loop body, ...), worked out before code is made, with Jinja's rules:
 * a name that is set anywhere in a frame is that frame's own; a name that is only read comes from the nearest
 * frame around that knows it, else from the context; a branch that sets a name leaves the context's value in the others.
 */
export class Symbols {
  readonly parent: Symbols | undefined;
  readonly level: number;
  private readonly layout: Layout;
  private refs = new Map<string, Slot>();
  private loads = new Map<Slot, Load>();
  private stores = new Set<string>();

  constructor(parent?: Symbols, layout?: Layout) {
    this.parent = parent;
    this.level = parent ? parent.level + 1 : 0;
    this.layout = layout ?? new Layout(this.level);
  }
  get size(): number {
    return this.layout.size;
  }
  /** The variables to set when the frame is entered. */
  entries(): [Slot, Load][] {
    return Array.from(this.loads).filter(([, load]) => load.how !== "parameter");
  }
  find(name: string): Slot | undefined {
    return this.refs.get(name) ?? this.parent?.find(name);
  }
  /** Every name visible here, for `{% block x scoped %}`. */
  visible(): Map<string, Slot> {
    const names = this.parent ? this.parent.visible() : new Map<string, Slot>();
    for (const name of this.stores) names.set(name, this.refs.get(name) as Slot);
    return names;
  }
  private define(name: string, load: Load): Slot {
    const slot = this.layout.slot(name);
    this.refs.set(name, slot);
    this.loads.set(slot, load);
    return slot;
  }
  parameter(name: string): Slot {
    this.stores.add(name);
    return this.define(name, { how: "parameter" });
  }
  private store(name: string): void {
    this.stores.add(name);
    if (this.refs.has(name)) return;
    const outer = this.parent?.find(name);
    this.define(name, outer ? { how: "alias", slot: outer } : { how: "missing" });
  }
  private load(name: string): void {
    if (!this.find(name)) this.define(name, { how: "resolve", name });
  }
  private branch(): Symbols {
    const copy = new Symbols(this.parent, this.layout);
    copy.refs = new Map(this.refs);
    copy.loads = new Map(this.loads);
    copy.stores = new Set(this.stores);
    return copy;
  }
  private merge(branches: Symbols[]): void {
    const stored = new Set<string>();
    for (const branch of branches) for (const name of branch.stores) if (!this.stores.has(name)) stored.add(name);
    for (const branch of branches) {
      for (const [name, slot] of branch.refs) this.refs.set(name, slot);
      for (const [slot, load] of branch.loads) this.loads.set(slot, load);
      for (const name of branch.stores) this.stores.add(name);
    }
    for (const name of stored) {
      const slot = this.find(name) as Slot;
      const outer = this.parent?.find(name);
      this.loads.set(slot, outer ? { how: "alias", slot: outer } : { how: "resolve", name });
    }
  }

  /** Notes the names of statements and expressions that belong to this frame; frames inside are left alone. */
  visit(node: Node): void {
    switch (node.kind) {
      case "name":
      case "nsref":
        this.load(node.name);
        return;
      case "if": {
        this.visit(node.test);
        const branches = [node.body, node.elifs, node.otherwise].map((stmts) => {
          const branch = this.branch();
          for (const stmt of stmts) branch.visit(stmt);
          return branch;
        });
        this.merge(branches);
        return;
      }
      case "macro":
        this.store(node.name);
        return;
      case "set":
        this.visit(node.value);
        this.target(node.target);
        return;
      case "setblock":
        this.target(node.target);
        return;
      case "for":
        this.visit(node.iter);
        return;
      case "callblock":
        this.visit(node.call);
        return;
      case "filterblock":
        this.visit(node.filter);
        return;
      case "with":
        for (const value of node.values) this.visit(value);
        return;
      case "scope":
      case "block":
        return;
      case "load":
        this.visit(node.template);
        for (const name of node.names) this.store(name);
        return;
      default:
        for (const child of children(node)) this.visit(child);
    }
  }
  /** The names that an assignment sets. */
  target(target: Target | Expr, asParameter = false): void {
    if (target.kind === "name") {
      if (asParameter) this.parameter(target.name);
      else this.store(target.name);
    } else if (target.kind === "nsref") this.load(target.name);
    else for (const child of children(target)) this.target(child as Expr, asParameter);
  }
  body(stmts: readonly Stmt[]): this {
    for (const stmt of stmts) this.visit(stmt);
    return this;
  }
}

/** Which of `names` a body reads without setting them first; blocks inside are not looked into. */
export function undeclared(body: readonly Node[], names: readonly string[]): Set<string> {
  const open = new Set(names);
  const found = new Set<string>();
  const targets = (target: Target | Expr): void => {
    if (target.kind === "name") open.delete(target.name);
    else for (const child of children(target)) targets(child as Expr);
  };
  const visit = (node: Node): void => {
    switch (node.kind) {
      case "block":
        return;
      case "name":
        if (open.has(node.name)) found.add(node.name);
        return;
      case "set":
      case "setblock":
      case "for": {
        targets(node.target);
        for (const child of children(node)) if (child !== node.target) visit(child);
        return;
      }
      case "macro":
      case "callblock":
        for (const param of node.signature.params) open.delete(param.name);
        for (const child of children(node)) visit(child);
        return;
      case "with":
        for (const target of node.targets) targets(target);
        for (const child of [...node.values, ...node.body]) visit(child);
        return;
      default:
        for (const child of children(node)) visit(child);
    }
  };
  for (const node of body) visit(node);
  return found;
}

/** Whether a loop needs the `loop` object. */
export function usesLoop(node: For, text: string): boolean {
  if (node.recursive || undeclared(node.body, ["loop"]).size > 0) return true;
  if (!text.includes("scoped")) return false;
  for (const inner of walk(node.body)) if (inner.kind === "block" && inner.scoped) return true;
  return false;
}
