import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openRegistry } from "#registry/index.ts";
import { RunOrder } from "./run-order.ts";

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "labs-order-")));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function labs(texts: Record<string, string>) {
  mkdirSync(join(root, "shared/config"), { recursive: true });
  const names = Object.keys(texts);
  writeFileSync(join(root, "shared/config/labs_config.yaml"), `labs:\n${names.map((n) => `  ${n}: {}\n`).join("")}`);
  for (const [name, text] of Object.entries(texts)) {
    mkdirSync(join(root, name), { recursive: true });
    writeFileSync(join(root, name, "lab.yml"), text);
  }
  return openRegistry(root).labs;
}

/** Runs the labs by so many workers; gives what was started and ended, in order. */
async function told(texts: Record<string, string>, workers: number): Promise<string> {
  const all = labs(texts);
  const order = new RunOrder(all);
  const events: string[] = [];
  const work = async () => {
    for (let lab = await order.next(); lab; lab = await order.next()) {
      events.push(lab.name);
      await new Promise((done) => setImmediate(done));
      events.push(`/${lab.name}`);
      order.done(lab);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return events.join(" ");
}

it("labs run in their order, side by side, and wait only for what they read or run after", async () => {
  expect(await told({ a: "", b: "", c: "" }, 1)).toBe("a /a b /b c /c");
  expect(await told({ a: "", b: "", c: "" }, 3)).toBe("a b c /a /b /c");
  expect(await told({ a: "reads: [c]\n", b: "", c: "" }, 2)).toBe("b c /b /c a /a");
  expect(await told({ a: "schedule: {after: [b, c]}\n", b: "reads: [c]\n", c: "" }, 3)).toBe("c /c b /b a /a");
  // A lab that is not run is not waited for; circles and broken files are told by the runs themselves.
  expect(await told({ a: "reads: [z]\n", b: "" }, 2)).toBe("a b /a /b");
  expect(await told({ a: "reads: [b]\n", b: "reads: [a]\n", c: "" }, 2)).toBe("c /c a /a b /b");
  expect(await told({ a: "nonsense: true\n", b: "reads: [a]\n" }, 2)).toBe("a /a b /b");
});
