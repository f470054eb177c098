import { resolve } from "node:path";

const open = new Map<string, number>();

/** Remembers a database file that this process has open. */
export function noteOpened(path: string): void {
  const file = resolve(path);
  open.set(file, (open.get(file) ?? 0) + 1);
}

export function noteClosed(path: string): void {
  const file = resolve(path);
  const count = (open.get(file) ?? 1) - 1;
  if (count > 0) open.set(file, count);
  else open.delete(file);
}

/** Whether this process has the database file open: then no other descriptor of it may be opened and closed. */
export const isOpenHere = (path: string): boolean => open.has(resolve(path));
