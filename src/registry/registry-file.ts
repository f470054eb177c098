import { join } from "node:path";
import { registryErrors } from "./errors.ts";
import { makeFolder, readText, writeAtomic } from "./files.ts";
import { withLab } from "./registry-edit.ts";
import type { LabEntry } from "./schemas/workspace.ts";
import { lockFile } from "./sqlite.ts";
import { openRegistry, type Workspace } from "./workspace.ts";

/** Two commands that change the registry at once take turns; nobody needs this lock longer than a moment. */
export function withRegistryLock<T>(workspace: Workspace, action: () => T): T {
  const folder = join(workspace.state, "locks");
  makeFolder(folder);
  const database = lockFile(join(folder, "registry.lock.db"), 10_000);
  if (!database) {
    throw registryErrors.labBusy({
      message: "Another command has been changing the registry for ten seconds.",
      hint: "Try again, or look for a `labs` process that hangs.",
    });
  }
  try {
    return action();
  } finally {
    database.close();
  }
}

/** Adds an entry to `labs_config.yaml`, keeping every other byte of it. Call it inside {@link withRegistryLock}. */
export function addEntry(workspace: Workspace, name: string, entry: LabEntry): void {
  writeAtomic(workspace.file, withLab(readText(workspace.file), workspace.file, name, entry));
}

/**
 * Registers a lab whose folder exists or will exist, and returns the workspace as it is then.
 * Errors: REG-007 taken, REG-010/011 not writable.
 */
export function addLab(workspace: Workspace, name: string, entry: LabEntry): Workspace {
  return withRegistryLock(workspace, () => {
    const current = openRegistry(workspace.root);
    if (current.labs.some((lab) => lab.name.toLowerCase() === name.toLowerCase())) {
      throw registryErrors.nameTaken({
        message: `There is a lab named ${name} already.`,
        place: { file: current.file },
        hint: "Take another name.",
      });
    }
    addEntry(current, name, entry);
    return openRegistry(current.root);
  });
}
