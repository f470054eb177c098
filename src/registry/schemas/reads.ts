import { objectOf, type Schema } from "../schema.ts";

/** An entry of `reads:` as written; the name alone stands for `lab:`. */
export type ReadEntry = string | ReadObject;

interface ReadObject {
  lab: string;
  as?: string;
  min_version?: string;
  fresh_within?: string;
}

const name: Schema = { type: "string", minLength: 1 };

/** A lab whose published tables another lab reads. */
export const read: Schema = {
  anyOf: [
    name,
    objectOf<ReadObject>(
      {
        lab: { ...name, description: "Name of the other lab." },
        as: {
          type: "string",
          pattern: "^[A-Za-z_][A-Za-z0-9_]{0,62}$",
          patternHint: "a name of letters, digits and underscores",
          description: "Name of its database in this lab's SQL; default: the lab's name.",
        },
        min_version: { ...name, description: "Oldest version that will do, or its beginning: `20260131`." },
        fresh_within: {
          type: "string",
          pattern: "^[1-9][0-9]* ?(s|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)$",
          patternHint: "a time such as `15 minutes`, `2 hours` or `3 days`",
          description: "How long ago it may have been published.",
        },
      },
      ["lab"],
    ),
  ],
};
