import { isAbsolute, relative } from "node:path";
import type { ErrorJson } from "#errors/index.ts";
import type { Io } from "../io.ts";
import { palette } from "../render/index.ts";

/** An error as the lines of a progress screen: code and message, place, what to do. Without a frame around the place. */
export function errorLines(error: ErrorJson, io: Pick<Io, "color" | "cwd">): string[] {
  const paint = palette(io.color);
  const [first = "", ...more] = error.message.trim().split("\n");
  const { place } = error;
  const position =
    place && [near(place.file, io.cwd), place.line, place.column].filter((part) => part !== undefined).join(":");
  return [
    `${paint.red(error.code)}: ${first}`,
    ...more,
    ...(position ? [`at ${paint.cyan(position)}`] : []),
    ...(error.hint ? [`${paint.green("fix")}: ${error.hint}`] : []),
  ].flatMap((line) => line.split("\n"));
}

/** A path as it is shortest to write from here: relative unless that leads up. */
export function near(file: string, cwd: string): string {
  const path = isAbsolute(file) ? relative(cwd, file) : file;
  return path.startsWith("..") ? file : path;
}
