import { openForLoading } from "#ingest/index.ts";
import { acquireLabLock, describeHolder, type Lab, type Workspace } from "#registry/index.ts";
import { engineSettings, transform, type TransformResult } from "./transform.ts";
import type { RunLabOptions } from "./types.ts";

/** Runs a lab's dbt tests on the database as it is, without loading or building anything. */
export async function testLab(workspace: Workspace, lab: Lab, options: RunLabOptions = {}): Promise<TransformResult> {
  lab.requireRunnable();
  const settings = engineSettings(workspace, lab, "test", options);
  const onEvent = options.onEvent ?? (() => {});
  const lock = await acquireLabLock(lab, {
    wait: options.wait ?? true,
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.command === undefined ? {} : { command: options.command }),
    onWait: (holder) => onEvent({ type: "waiting", lab: lab.name, holder: describeHolder(holder) }),
  });
  try {
    const database = await openForLoading(lab);
    try {
      return await transform(lab, settings, database, options, onEvent);
    } finally {
      await database.close();
    }
  } finally {
    lock.release();
  }
}
