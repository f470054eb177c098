import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import loadWabt from "wabt";
import { recordMarks } from "./record-marks.ts";

it("the module's bytes are those of its text", async () => {
  const wabt = await loadWabt();
  const text = readFileSync(join(import.meta.dirname, "record-marks.wat"), "utf8");
  const parsed = wabt.parseWat("record-marks.wat", text, { simd: true });
  parsed.validate();
  const bytes = Buffer.from(parsed.toBinary({}).buffer).toString("base64");
  const written = "Written by `vitest run src/ingest/csv/record-marks.test.ts -u`.";
  await expect(
    `/** record-marks.wat, assembled, in base64. ${written} */\nexport const moduleBytes =\n  "${bytes}";\n`,
  ).toMatchFileSnapshot("record-marks-bytes.ts");
});

it("runs on this machine", () => {
  expect(recordMarks()).toBeDefined();
});
