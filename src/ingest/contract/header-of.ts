import type { SourceConfig } from "#registry/index.ts";
import { parseRecords } from "../csv/records.ts";
import { formOf } from "../detect/detect.ts";
import { headerNames } from "./header.ts";

/** Column names of a CSV file, or positions when it has no header. Errors: ING-004, ING-007. */
export async function headerOf(path: string, source: SourceConfig): Promise<string[]> {
  const { head, dialect } = await formOf(path, source, undefined);
  const fields = parseRecords(head.text, dialect, 1)[0]?.fields ?? [];
  return headerNames((source.dialect.header ?? true) ? fields : fields.map(() => ""), path);
}
