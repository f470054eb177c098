import { engineError } from "../../errors.ts";
import type { GraphNode, Plain, PlainRecord } from "../../manifest/types.ts";
import { samePlain } from "../equal.ts";
import type { SelectionMessage } from "../population.ts";

type Report = (message: SelectionMessage) => void;

/** DuckDB enforces every kind of constraint but `custom` ones and foreign keys to other databases. */
const enforced = new Set(["check", "not_null", "unique", "primary_key", "foreign_key"]);

/**
 * Whether an enforced contract is as it was. A breaking change of a versioned model throws ENG-009, of an unversioned
 * one it is reported as a warning.
 */
export function sameContract(now: GraphNode, then: GraphNode, report: Report): boolean {
  const [mine, old] = [now.contract, then.contract];
  if (!old?.enforced) return !mine?.enforced;
  if (mine?.enforced && mine.checksum === old.checksum) return true;
  const changes = breakingChanges(now, then);
  if (changes.length > 0) breaking(now, changes, report);
  return false;
}

/** The same for a model that is gone (deleted, renamed or disabled). */
export function removedContract(gone: GraphNode, report: Report): void {
  if (!gone.contract?.enforced) return;
  if (gone.deprecation_date && Date.parse(gone.deprecation_date) < Date.now()) return;
  const what = gone.config.enabled ? "was deleted or renamed" : "was disabled";
  breaking(gone, [`Contracted model '${gone.unique_id}' ${what}.`], report);
}

function breaking(node: GraphNode, changes: string[], report: Report): void {
  const reasons = changes.join("\n  - ");
  if (node.version !== null && node.version !== undefined) {
    throw engineError("contract", {
      dbtType: "Breaking change to contract",
      message: `While comparing to previous project state, dbt detected a breaking change to an enforced contract.\n  - ${reasons}\nConsider making an additive (non-breaking) change instead, if possible.`,
      place: { file: node.original_file_path },
      hint: "Create a new version of the model instead of changing this one.",
      data: { changes, unique_id: node.unique_id },
    });
  }
  report({
    level: "warn",
    name: "UnversionedBreakingChange",
    code: "I071",
    text: `Breaking change to contracted, unversioned model ${node.name} (${node.original_file_path})\nWhile comparing to previous project state, dbt detected a breaking change to an unversioned model.\n  - ${reasons}\n`,
  });
}

function breakingChanges(now: GraphNode, then: GraphNode): string[] {
  const removed: string[] = [];
  const retyped: string[] = [];
  const lostOnColumns: string[] = [];
  let columnConstraints = false;
  const keeps = enforcesConstraints(then);
  for (const key of Object.keys(then.columns).sort()) {
    const old = then.columns[key];
    const mine = now.columns[key];
    if (!old) continue;
    if (!mine) removed.push(old.name);
    else if (baseType(old.data_type) !== baseType(mine.data_type)) {
      retyped.push(`${old.name} (${pyText(old.data_type)} -> ${pyText(mine.data_type)})`);
    }
    if (old.constraints?.length) columnConstraints = true;
    if (mine && keeps) {
      for (const lost of lostConstraints(old.constraints, mine.constraints)) {
        lostOnColumns.push(`'${String(lost.name ?? lost.type)}' constraint on column ${key}`);
      }
    }
  }
  const lostOnModel = keeps ? lostConstraints(then.constraints, now.constraints) : [];
  const list = (title: string, items: string[]) =>
    items.length ? [`${title}: \n    - ${items.join("\n    - ")}`] : [];
  return [
    ...(now.contract?.enforced
      ? []
      : [
          "Contract enforcement was removed: Previously, this model had an enforced contract. It is no longer configured to enforce its contract, and this is a breaking change.",
        ]),
    ...list("Columns were removed", removed),
    ...list("Columns with data_type changes", retyped),
    ...list("Enforced column level constraints were removed", lostOnColumns),
    ...list(
      "Enforced model level constraints were removed",
      lostOnModel.map(
        (lost) => `'${String(lost.name ?? lost.type)}' constraint on columns ${JSON.stringify(lost.columns)}`,
      ),
    ),
    ...(keeps && !enforcesConstraints(now) && (then.constraints?.length || columnConstraints)
      ? list("Materialization changed with enforced constraints", [
          `${String(then.config.materialized)} -> ${String(now.config.materialized)}`,
        ])
      : []),
  ];
}

function enforcesConstraints(node: GraphNode): boolean {
  return node.config.materialized === "table" || node.config.materialized === "incremental";
}

function lostConstraints(old: PlainRecord[] | undefined, now: PlainRecord[] | undefined): PlainRecord[] {
  return (old ?? []).filter(
    (constraint) => enforced.has(String(constraint.type)) && !(now ?? []).some((other) => samePlain(other, constraint)),
  );
}

/** `varchar(10)` and `VARCHAR` are one type: size and precision break nothing. */
function baseType(type: string | null): string | null {
  return type ? (type.split("(")[0] as string).trim().toLowerCase() : type;
}

function pyText(value: Plain): string {
  return value === null || value === undefined ? "None" : String(value);
}
