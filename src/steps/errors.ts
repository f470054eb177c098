import { catalogue } from "#errors/index.ts";

export const stepErrors = catalogue("steps", {
  failed: {
    code: "STEP-001",
    title: "A step of the lab failed",
    exit: 1,
    retryable: true,
    doc: "The command, script or SQL of a step under `steps:` in lab.yml ended with an error. What follows it did not run, except steps with `when: always` or `when: on_failure`, and nothing was published. `required: false` makes it a warning.",
  },
  timedOut: {
    code: "STEP-002",
    title: "A step of the lab took too long",
    exit: 1,
    retryable: true,
    doc: "The step did not end within its `timeout` (1 hour when none is given) and was stopped, with everything that it had started.",
  },
  fileMissing: {
    code: "STEP-003",
    title: "A step's file is missing",
    exit: 2,
    doc: "The `script` or the `.sql` file of a step does not exist. Paths are relative to the lab's folder.",
  },
  variableMissing: {
    code: "STEP-004",
    title: "A step's environment variable is not set",
    exit: 2,
    doc: "A step names the variable under `env`, and it has no value in the environment of the run.",
  },
  outputsMissing: {
    code: "STEP-005",
    title: "A step did not write its outputs",
    exit: 1,
    retryable: true,
    doc: "The step ended well, but files that it names under `outputs` are not there.",
  },
  sqlFailed: {
    code: "STEP-006",
    title: "A step's SQL failed",
    exit: 1,
    doc: "DuckDB refused the SQL of a step, or it failed on the data. Its transaction was rolled back: it changed nothing.",
  },
  commandMissing: {
    code: "STEP-007",
    title: "A step's program was not found",
    exit: 2,
    doc: "The first word of a step's `command` is no program that can be found on the PATH or in the lab's folder (`./name`). Shell notation such as `|` or `$NAME` needs the command as one line instead of a list.",
  },
});
