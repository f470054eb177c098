import { catalogue } from "#errors/index.ts";

export const cliErrors = catalogue("cli", {
  unknownVerb: {
    code: "CLI-001",
    title: "Unknown command",
    exit: 2,
    doc: "`labs` has no such command. `labs --help` lists them.",
  },
  usage: {
    code: "CLI-002",
    title: "Wrong usage",
    exit: 2,
    doc: "An option or argument is unknown, missing or has a value that is not allowed. `labs <command> --help` shows what there is.",
  },
  folderGone: {
    code: "CLI-004",
    title: "Current folder is gone",
    exit: 2,
    doc: "The folder that the command was started in has been removed or cannot be entered any more.",
  },
  cancelled: {
    code: "CLI-003",
    title: "Cancelled",
    exit: 1,
    retryable: true,
    doc: "The command was stopped by ctrl-C or a signal before it was done; it ends with 130 (143 after SIGTERM). The database is at a model's boundary.",
  },
});
