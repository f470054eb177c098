import { runOperation } from "../6-execute/run-operation.ts";
import { runStatement } from "./inline-query.ts";
import type { Invocation } from "./invocation.ts";
import type { CommandResult } from "./result.ts";
import { withDatabase } from "./with-database.ts";

/** run-operation: a macro, or a statement of the command line. */
export function operation(invocation: Invocation): Promise<CommandResult> {
  const { flags } = invocation;
  return withDatabase(invocation, new Set(), async (open, execution) => {
    invocation.writeManifest();
    const result = await (flags.inline === undefined
      ? runOperation(execution, open, flags)
      : runStatement(invocation, execution, open, flags.inline));
    invocation.writeResults([result]);
    return { success: result.status === "success", exit: result.status === "success" ? 0 : 1, results: [result] };
  });
}
