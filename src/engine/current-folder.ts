/**
 * Does something with a folder as the process's current one: relative paths that SQL writes to mean it. A process has
 * only one, so callers take turns.
 */
export function inFolder<T>(folder: string, body: () => Promise<T>): Promise<T> {
  return takingTurns(async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      return await body();
    } finally {
      process.chdir(before);
    }
  });
}

let turn: Promise<unknown> = Promise.resolve();

/** Waits for everybody who asked before. */
export function takingTurns<T>(body: () => Promise<T>): Promise<T> {
  const mine = turn.then(body);
  turn = mine.catch(() => {});
  return mine;
}
