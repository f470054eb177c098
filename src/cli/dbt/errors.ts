import { catalogue } from "#errors/index.ts";

export const dbtErrors = catalogue("cli/dbt", {
  usage: {
    code: "DBT-001",
    title: "Wrong use of the command line",
    exit: 2,
    doc: "`labs dbt` was called with an unknown command or option, or an option has no or a wrong value.",
  },
  warning: {
    code: "DBT-003",
    title: "A warning counts as an error",
    exit: 2,
    doc: "--warn-error or --warn-error-options turned a warning into an error.",
  },
  unsupported: {
    code: "DBT-002",
    title: "Not available",
    exit: 2,
    doc: "dbt has this command, `labs dbt` does not; the message says what to use instead.",
  },
});

/** A usage error, with the command it concerns for the `Usage:` line. */
export function usageError(message: string, command: string | undefined, hint?: string) {
  return dbtErrors.usage({ message, hint, data: { command: command ?? null, dbtType: "Usage" } });
}
