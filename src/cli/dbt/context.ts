import type { Target } from "#engine/index.ts";
import type { Io } from "../io.ts";
import type { Settings } from "./settings.ts";

/** Where a dbt command runs: its terminal and, inside a workspace, its lab. */
export interface DbtContext {
  io: Pick<Io, "cwd" | "env" | "out" | "err" | "isTTY" | "signal">;
  /** The lab's project and target; without them dbt's own rules hold: profiles.yml and the current folder. */
  lab?: {
    projectDir: string;
    target: (settings: Settings) => Promise<Target>;
    /** Asked for every database that would be opened for writing; throws for another lab's. */
    guard: (path: string) => void;
  };
}
