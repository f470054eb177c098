import { catalogue } from "#errors/index.ts";

export const ingestErrors = catalogue("ingest", {
  emptyFile: {
    code: "ING-001",
    title: "File is empty",
    exit: 1,
    doc: "The file has no bytes, or nothing but blank lines. Nothing was loaded. Deliver it again, or delete it.",
  },
  binaryFile: {
    code: "ING-002",
    title: "File is no text",
    exit: 1,
    doc: "The file contains bytes that no CSV has (a workbook, an archive, an image with a wrong name). Export it as CSV.",
  },
  badEncoding: {
    code: "ING-003",
    title: "Text is in no known encoding",
    exit: 1,
    doc: "The file is neither UTF-8, UTF-16 nor Latin-1 throughout, usually because parts of different encodings were joined. The message names the first bad byte.",
  },
  badHeader: {
    code: "ING-004",
    title: "Header cannot be used",
    exit: 1,
    doc: "Two columns have the same name (upper and lower case count as the same), or the header cannot be read.",
  },
  columnsDiffer: {
    code: "ING-005",
    title: "Columns are not those of the contract",
    exit: 1,
    doc: "A later file lacks a column of the contract, or has one more and the source's drift policy does not allow it. Nothing of the file was loaded.",
  },
  tooManyRejects: {
    code: "ING-006",
    title: "Too many rejected rows",
    exit: 1,
    doc: "More rows than `max_rejects` do not fit the contract. Nothing of the file was loaded; earlier rows are as before.",
  },
  notReadable: {
    code: "ING-007",
    title: "File cannot be read",
    exit: 1,
    doc: "The operating system refused to read the file or the folder.",
  },
  unbalanced: {
    code: "ING-008",
    title: "Rows do not add up",
    exit: 1,
    doc: "Rows loaded plus rows quarantined differ from the rows in the file. Nothing was loaded. This is a defect; please report it with the file.",
  },
  changedWhileRead: {
    code: "ING-009",
    title: "File changed while it was read",
    exit: 1,
    retryable: true,
    doc: "The file was written to during the load. Nothing of it was loaded; the next run takes it when it stands still.",
  },
  badContract: {
    code: "ING-010",
    title: "Contract cannot be used",
    exit: 2,
    doc: "A type or format in lab.yml's `columns` is unknown to DuckDB.",
  },
  tableTaken: {
    code: "ING-011",
    title: "Raw table is not ours",
    exit: 1,
    doc: "The database already has a table of that name in the schema `raw` that was not made by ingestion. It is left alone.",
  },
  badOption: {
    code: "ING-012",
    title: "Option cannot be used",
    exit: 2,
    doc: "A number or name given on the command line is out of range.",
  },
  notWritable: {
    code: "ING-013",
    title: "File cannot be written",
    exit: 1,
    doc: "The operating system refused to write generated data or a temporary file: no space, no right, or no folder.",
  },
  headerOnly: {
    code: "ING-015",
    title: "File has a header and no rows",
    exit: 1,
    doc: "The file ends after its header. Nothing was loaded; rows of earlier files are as before. Deliver it again, or delete it.",
  },
  openQuote: {
    code: "ING-016",
    title: "Quote is never closed",
    exit: 1,
    doc: "A field opens a quote that the file never closes, so everything behind it would be one value. Nothing was loaded.",
  },
  expectationFailed: {
    code: "ING-017",
    title: "Expectation is not met",
    exit: 1,
    doc: "An expectation of severity `fail` in lab.yml does not hold for the file. Nothing of it was loaded; earlier rows are as before.",
  },
  badExpectation: {
    code: "ING-018",
    title: "Expectation cannot be checked",
    exit: 2,
    doc: "An expectation in lab.yml names a column that the source lacks, or compares what cannot be compared.",
  },
  badDocument: {
    code: "ING-019",
    title: "File is not in its format",
    exit: 1,
    doc: "A JSON, Parquet or Excel file cannot be read as one: cut short, damaged, or something else under its name. Nothing was loaded.",
  },
});
