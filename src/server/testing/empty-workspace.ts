import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A workspace without labs. The caller removes it. */
export function temporaryWorkspace(): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "labs-server-")));
  mkdirSync(join(root, "shared/config"), { recursive: true });
  writeFileSync(join(root, "shared/config/labs_config.yaml"), "labs: {}\n");
  return root;
}
