import { objectOf, type Schema } from "../schema.ts";

/** The stages of a lab's run, in order; own steps stand before, between or behind them. */
export const stages = ["check", "load", "transform", "inspect", "publish"] as const;
export type Stage = (typeof stages)[number];

/** An entry of `steps:` as written. */
export interface OwnStepEntry {
  name: string;
  before?: string;
  after?: string;
  command?: string | string[];
  script?: string;
  sql?: string;
  inputs?: string | string[];
  outputs?: string | string[];
  timeout?: string;
  retries?: number;
  retry_wait?: string;
  env?: string[];
  when?: "on_success" | "on_failure" | "always";
  required?: boolean;
  database?: "exclusive";
}

const some: Schema = { type: "string", minLength: 1 };
const oneOrMore = (description: string): Schema => ({
  anyOf: [some, { type: "array", items: some, minItems: 1 }],
  description,
});
const duration: Schema = {
  type: "string",
  pattern: "^[1-9][0-9]* ?(s|seconds?|m|min|minutes?|h|hours?|d|days?)$",
  patternHint: "a time such as `30 seconds`, `10 minutes` or `2 hours`",
};

/** One step that a lab adds to its run. */
export const ownStep = objectOf<OwnStepEntry>(
  {
    name: {
      type: "string",
      pattern: "^[a-z][a-z0-9_]{0,62}$",
      patternHint: "a name of small letters, digits and underscores that begins with a letter",
      description: "Name of the step, for `--step`, logs and reports.",
    },
    before: { ...some, description: "Stage (check, load, transform, inspect, publish) or step that it runs before." },
    after: { ...some, description: "Stage or step that it runs after." },
    command: oneOrMore("Program and arguments as a list, or one line for the shell."),
    script: { ...some, description: "TypeScript or JavaScript file in the lab's folder, run by Node." },
    sql: {
      ...some,
      description: "SQL for the lab's own database, in one transaction; one word that ends in `.sql` is a file.",
    },
    inputs: oneOrMore("Files that it reads, as patterns in the lab's folder."),
    outputs: oneOrMore("Files that it writes. With `inputs`: while those stay as they are, the step is skipped."),
    timeout: { ...duration, default: "1 hour", description: "Longest time of one attempt." },
    retries: { type: "integer", minimum: 0, maximum: 20, default: 0, description: "Further attempts after a failure." },
    retry_wait: {
      ...duration,
      default: "10 seconds",
      description: "Wait before the first retry; doubles, to 10 minutes.",
    },
    env: {
      type: "array",
      items: {
        type: "string",
        pattern: "^[A-Za-z_][A-Za-z0-9_]*$",
        patternHint: "the name of an environment variable",
      },
      description: "Environment variables that it may see; their values are kept out of every log.",
    },
    when: {
      type: "string",
      enum: ["on_success", "on_failure", "always"],
      default: "on_success",
      description: "Run it only while nothing has failed, only when something has, or in any case.",
    },
    required: {
      type: "boolean",
      default: true,
      description: "When false, its failure is a warning and the run goes on.",
    },
    database: {
      type: "string",
      enum: ["exclusive"],
      description: "command, script: the lab's database is closed meanwhile, so that the step can open it.",
    },
  },
  ["name"],
  "A step of the lab's own.",
);
