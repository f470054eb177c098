import type { FileFormat } from "#registry/index.ts";
import type { FormatReader } from "./staged.ts";

/** The reader of each format but CSV, loaded when it is needed. */
export const formatReaders: Record<Exclude<FileFormat, "csv">, () => Promise<FormatReader>> = {
  json: async () => (await import("./json.ts")).readJson,
  parquet: async () => (await import("./parquet.ts")).readParquet,
  excel: async () => (await import("./excel.ts")).readExcel,
};
