import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";

/** The columns of {@link writeRows}, with the types that both sides are told. */
export const columns: Record<string, string> = {
  id: "BIGINT",
  day: "DATE",
  moment: "TIMESTAMP",
  store: "VARCHAR",
  product: "VARCHAR",
  quantity: "BIGINT",
  price: "DOUBLE",
  discount: "DOUBLE",
  returned: "BOOLEAN",
  note: "VARCHAR",
};

const header = `${Object.keys(columns).join(",")}\n`;

function row(i: number): string {
  const day = `202${i % 5}-${String(1 + (i % 12)).padStart(2, "0")}-${String(1 + (i % 28)).padStart(2, "0")}`;
  const time = `${String(i % 24).padStart(2, "0")}:${String(i % 60).padStart(2, "0")}:00`;
  return `${i},${day},${day} ${time},store ${i % 97},P${String(i % 1000).padStart(4, "0")},${i % 50},${((i * 37) % 10_000) / 100},${(i % 20) / 100},${i % 11 === 0},"note ${i}, with a comma"\n`;
}

/** The row of a number as an API has it. */
export const record = (i: number) => ({
  id: i,
  day: `202${i % 5}-${String(1 + (i % 12)).padStart(2, "0")}-${String(1 + (i % 28)).padStart(2, "0")}`,
  store: `store ${i % 97}`,
  product: `P${String(i % 1000).padStart(4, "0")}`,
  quantity: i % 50,
  price: ((i * 37) % 10_000) / 100,
  returned: i % 11 === 0,
  note: `note ${i}, with a comma`,
});

/** One CSV file of `rows` rows and ten columns. */
export async function writeRows(path: string, rows: number): Promise<void> {
  const file = createWriteStream(path);
  file.write(header);
  for (let i = 0; i < rows; ) {
    let text = "";
    for (const end = Math.min(rows, i + 10_000); i < end; i++) text += row(i);
    if (!file.write(text)) await once(file, "drain");
  }
  file.end();
  await once(file, "close");
}

/** `count` CSV files of `rows` rows each in a folder. */
export function writeMany(folder: string, count: number, rows: number): void {
  mkdirSync(folder, { recursive: true });
  for (let file = 0; file < count; file++) {
    const lines = Array.from({ length: rows }, (_, i) => row(file * rows + i));
    writeFileSync(join(folder, `sales_${String(file).padStart(5, "0")}.csv`), header + lines.join(""));
  }
}
