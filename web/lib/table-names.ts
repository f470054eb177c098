import { signal } from "@preact/signals";
import type { TableList } from "../../src/server/types.ts";
import { get } from "./api.ts";
import { labs } from "./labs.ts";

/** Tables of all labs, for finding one by its name. */
export const tableNames = signal<readonly { lab: string; table: string }[]>([]);

const atOnce = 4;
/** What is known of each lab, and what it had published then. */
const known = new Map<string, { published: string; tables: string[] }>();

/** Asks what has changed since the last time, a few labs at once: there may be a hundred. */
export async function loadTableNames(): Promise<void> {
  const waiting = (labs.value ?? []).filter(
    ({ name, publishedAt, lastRun }) => lastRun && known.get(name)?.published !== `${publishedAt}`,
  );
  const next = async (): Promise<void> => {
    for (let lab = waiting.shift(); lab; lab = waiting.shift()) {
      const { name, publishedAt } = lab;
      const list = await get<TableList>(`/labs/${encodeURIComponent(name)}/tables`).catch(() => undefined);
      if (list) known.set(name, { published: `${publishedAt}`, tables: list.tables.map((table) => table.name) });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, next));
  tableNames.value = [...known].flatMap(([lab, { tables }]) => tables.map((table) => ({ lab, table })));
}
