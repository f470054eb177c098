import type { SourceConfig } from "#registry/index.ts";
import type { Contract, ContractColumn } from "../contract/types.ts";
import { withWider } from "../contract/widen.ts";
import type { FileChange } from "../types.ts";
import type { LoadContext } from "./context.ts";

/** What a load goes on with when some columns become wider: the contract's next version, and the event. */
export function widening(
  context: LoadContext,
  source: SourceConfig,
  change: FileChange,
  agreed: { contract: Contract; isNew: boolean; why: string },
  columns: ContractColumn[],
): { contract: Contract; isNew: boolean; why: string; widened: string[] } {
  const { contract, isNew, why } = agreed;
  if (columns.length === 0) return { contract, isNew, why, widened: [] };
  const old = new Map(contract.columns.map(({ name, type }) => [name, type]));
  const widened = columns.map(({ name, type }) => `${name} (${old.get(name)} → ${type})`);
  context.onEvent({ type: "drift", source: source.name, file: change.name, added: [], widened });
  return {
    contract: withWider(contract, columns, isNew),
    isNew: true,
    why: [why, `${change.name} widened ${widened.join(", ")}`].filter(Boolean).join("; "),
    widened,
  };
}
