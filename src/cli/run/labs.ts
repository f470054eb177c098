import type { Lab, Workspace } from "#registry/index.ts";
import { labOf } from "../context.ts";
import { cliErrors } from "../errors.ts";
import type { VerbInput } from "../io.ts";

/** The labs that `[lab...]` and `--all` mean. Errors: CLI-001 for both at once, REG-002, REG-018. */
export function labsOf(input: VerbInput, workspace: Workspace): Lab[] {
  const all = input.options["all"] === true;
  if (all && input.args.length > 0) {
    throw cliErrors.usage({
      message: "`--all` and the name of a lab exclude each other.",
      hint: "Leave one of them out.",
    });
  }
  if (all) return workspace.active;
  if (input.args.length > 0) return [...new Set(input.args)].map((name) => workspace.lab(name));
  return [labOf(input, workspace)];
}
