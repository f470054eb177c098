import { catalogue } from "#errors/index.ts";

export const publishErrors = catalogue("publish", {
  nothingPublished: {
    code: "PUB-001",
    title: "Nothing is published yet",
    exit: 1,
    doc: "No run of the lab has passed the gate so far, so there is no snapshot to read. `labs run` publishes when it passes.",
  },
  versionUnknown: {
    code: "PUB-002",
    title: "No such published version",
    exit: 2,
    doc: "The version that was named is not kept, or never was. `labs publish <lab> --list` shows those that are.",
  },
  notWritable: {
    code: "PUB-003",
    title: "Snapshot cannot be written",
    exit: 1,
    doc: "The folder `published` beside the lab's database cannot be written, or the disk is full. Readers keep the version they have.",
  },
  notInSnapshot: {
    code: "PUB-005",
    title: "Not part of what is published",
    exit: 1,
    doc: "The query asks for a table that the published snapshot does not have. It holds the gold layer, or the schemas that lab.yml names; everything else is in the working database.",
  },
  exportFailed: {
    code: "PUB-006",
    title: "Export cannot be written",
    exit: 1,
    doc: "The folder of an export cannot be written, holds something else under its names, or a table has a type that the format lacks. Whoever reads the folder keeps the last export.",
  },
  unreadable: {
    code: "PUB-007",
    title: "Table or view cannot be published",
    exit: 1,
    doc: "DuckDB could not read it, often a view whose tables or files are gone, or store it in a new file. Readers keep the version they have; a version has all of its tables or does not come to be.",
  },
  gateClosed: {
    code: "PUB-004",
    title: "Not good enough to be published",
    exit: 1,
    doc: "A test failed, a model broke, or the score is under the lab's minimum. Readers keep the last good version.",
  },
});
