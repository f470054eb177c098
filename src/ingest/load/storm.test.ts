import { describe, expect, it } from "vitest";
import { storm } from "../testing/storm/storm.ts";

describe("loads that are killed, out of disk, or robbed of their files", () => {
  // The long form: npm run judge:ingest-kill -- --count 300
  it("end in the state of an undisturbed lab", { timeout: 240_000 }, async () => {
    const { failures, killed } = await storm({ count: 8, seed: 20_260_101 });
    expect({ failures, killed }).toEqual({ failures: [], killed: 8 });
  });
});
