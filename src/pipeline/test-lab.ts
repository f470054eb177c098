import { DatabaseJournal } from "#duck/index.ts";
import { openForLoading } from "#ingest/index.ts";
import { acquireLabLock, describeHolder, type Lab, type Workspace } from "#registry/index.ts";
import { engineSettings, transform, type TransformResult } from "./transform.ts";
import type { RunLabOptions } from "./types.ts";

/** Runs a lab's dbt tests on the database as it is, without loading or building anything. */
export async function testLab(workspace: Workspace, lab: Lab, options: RunLabOptions = {}): Promise<TransformResult> {
  lab.requireRunnable();
  const settings = engineSettings(workspace, lab, "test", { ...options, changed: false });
  const onEvent = options.onEvent ?? (() => {});
  const lock = await acquireLabLock(lab, {
    wait: options.wait ?? true,
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.command === undefined ? {} : { command: options.command }),
    onWait: (holder) => onEvent({ type: "waiting", lab: lab.name, holder: describeHolder(holder) }),
  });
  try {
    const journal = DatabaseJournal.open(lab.paths.database);
    const database = await openForLoading(lab);
    let result: TransformResult;
    try {
      result = await transform(lab, settings, { database, journal }, options, onEvent);
    } finally {
      await database.close();
    }
    journal.seal();
    return result;
  } finally {
    lock.release();
  }
}
