/** A part of a statement's tree as `json_serialize_sql` gives it. */
export type Tree = { readonly [key: string]: unknown };

const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);

/** A field that is a tree, or undefined. */
export const part = (tree: Tree, key: string): Tree | undefined => {
  const value = tree[key];
  return isTree(value) ? value : undefined;
};

/** A field that is a list of trees; empty when it is missing. */
export const parts = (tree: Tree, key: string): Tree[] => {
  const value = tree[key];
  return Array.isArray(value) ? value.filter(isTree) : [];
};

/** A field that is text; empty when it is missing. */
export const text = (tree: Tree, key: string): string => {
  const value = tree[key];
  return typeof value === "string" ? value : "";
};

/** A field that is a list of texts; empty when it is missing. */
export const texts = (tree: Tree, key: string): string[] => {
  const value = tree[key];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
};

/** The query of a subquery, a CTE or a statement. */
export const queryOf = (tree: Tree | undefined): Tree | undefined => (tree ? part(tree, "node") : undefined);

/** The value of a constant that is an integer: positions in GROUP BY and ORDER BY. */
export function integerOf(expression: Tree): number | undefined {
  if (expression.class !== "CONSTANT") return undefined;
  const value = part(expression, "value")?.value;
  return typeof value === "number" && Number.isInteger(value) ? value : undefined;
}

/** The value of a constant that is text. */
export function stringOf(expression: Tree | undefined): string | undefined {
  if (expression?.class !== "CONSTANT") return undefined;
  const value = part(expression, "value")?.value;
  return typeof value === "string" ? value : undefined;
}

/** DuckDB compares names without regard to the case of ASCII letters. */
export const fold = (name: string): string => name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

export const sameName = (a: string, b: string): boolean => fold(a) === fold(b);

/** Expressions directly inside an expression, whatever the field is called. Subqueries are not entered. */
export function inside(tree: Tree): Tree[] {
  const found: Tree[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) visit(item);
    else if (isTree(value)) {
      if (typeof value.class === "string") found.push(value);
      else if (value.node === undefined) for (const key in value) visit(value[key]);
    }
  };
  for (const key in tree) if (key !== "subquery" && key !== "cast_type") visit(tree[key]);
  return found;
}

/** The text of a tree, as DuckDB reads it again. Equal texts mean equal trees. */
export const canonical = (tree: unknown): string => JSON.stringify(tree);
