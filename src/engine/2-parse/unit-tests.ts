import { fromPlain, repr, str, PyDate } from "#jinja/index.ts";
import { isRecord, cloneData } from "../context/data.ts";
import { staticReference } from "../context/static-reference.ts";
import { engineError } from "../errors.ts";
import { readSeedText } from "../1-read/index.ts";
import type { GraphNode, OtherNode, PlainRecord } from "../manifest/types.ts";
import { asList, text } from "./columns.ts";
import { resolveConfig } from "./config.ts";
import { csvRecords } from "./csv-records.ts";
import { ownConfig } from "./patch.ts";
import { entriesOf, invalid, type Section } from "./section.ts";
import { collectErrors, disable, duplicateResource, now, sha256, type Entry, type ParseState } from "./state.ts";
import { stem } from "./models.ts";

/** Fixture files of a project by name: `tests/fixtures/*.csv|.sql`. */
export type Fixtures = Map<string, { contents: string; sql: boolean }>;

const fixturesOf = new WeakMap<ParseState, Map<string, Fixtures>>();

/** Makes a project's fixture files known before its unit tests are read. */
export function registerFixtures(
  state: ParseState,
  packageName: string,
  files: { path: string; contents: string }[],
): void {
  let all = fixturesOf.get(state);
  if (!all) fixturesOf.set(state, (all = new Map()));
  all.set(
    packageName,
    new Map(files.map((f) => [stem(f.path), { contents: f.contents, sql: f.path.endsWith(".sql") }])),
  );
}

/** Source: dbt-core parser/unit_tests.py UnitTestParser. */
export function parseUnitTests(section: Section, data: PlainRecord): void {
  for (const entry of entriesOf(section, data)) {
    collectErrors(section.state, () => {
      const { project, file } = section;
      const u = entry.data;
      if (typeof u.model !== "string")
        throw invalid(entry, entry.path, `unit test ${String(u.name)} names no model`, "Add model:.");
      const folders = file.path.split("/").slice(1, -1);
      const fqn = [project.name, ...folders, u.model, String(u.name)];
      const config = resolveConfig({
        kind: "unit_test",
        fqn,
        project,
        root: section.state.runtime.read.root,
        patch: ownConfig(entry, u),
      });
      const overrides = isRecord(u.overrides) ? u.overrides : null;
      for (const key of ["macros", "vars", "env_vars"])
        if (overrides?.[key] !== undefined && !isRecord(overrides[key]))
          throw invalid(
            entry,
            [...entry.path, "overrides", key],
            `at path ['overrides']['${key}']: ${repr(fromPlain(overrides[key]))} is not of type 'object'`,
            `Write ${key} as a mapping.`,
          );
      const given = asList(u.given)
        .filter(isRecord)
        .map((g) => fixtureOf(section, entry, g, "input"));
      const expect = fixtureOf(section, entry, isRecord(u.expect) ? u.expect : {}, "expected");
      const node = {
        model: u.model,
        given,
        expect,
        name: String(u.name),
        resource_type: "unit_test" as const,
        package_name: project.name,
        path: file.relativePath,
        original_file_path: file.path,
        unique_id: `unit_test.${project.name}.${u.model}.${String(u.name)}`,
        fqn,
        description: text(u.description),
        overrides: overrides && { macros: {}, vars: {}, env_vars: {}, ...overrides },
        depends_on: { macros: [], nodes: [] },
        config,
        checksum: unitTestChecksum(u, given, expect),
        schema: null,
        created_at: now(),
        versions: isRecord(u.versions)
          ? { include: u.versions.include ?? null, exclude: u.versions.exclude ?? null }
          : null,
        version: null,
      } as unknown as OtherNode;
      if (!config.enabled) {
        disable(section.state, node);
        return;
      }
      const { unit_tests: tests } = section.state.runtime.manifest;
      const existing = tests[node.unique_id];
      if (existing) throw duplicateResource(existing, node);
      tests[node.unique_id] = node;
    });
  }
}

const formatNames: Record<string, string> = { csv: "CSV", dict: "Dict", sql: "SQL" };

/** Hash over Python's printing of a unit test's parts. Source: dbt-core contracts/graph/nodes.py build_unit_test_checksum. */
function unitTestChecksum(u: PlainRecord, given: PlainRecord[], expect: PlainRecord): string {
  const py = (value: unknown): string => repr(fromPlain(value ?? null));
  const fields = (f: PlainRecord): string =>
    `rows=${py(f.rows)}, format=<UnitTestFormat.${formatNames[String(f.format)]}: ${py(f.format)}>, fixture=${py(f.fixture)}`;
  const inputs = given.map((g) => `UnitTestInputFixture(input=${py(g.input)}, ${fields(g)})`).join(", ");
  const { versions, overrides } = u;
  const parts = [
    String(u.model),
    isRecord(versions)
      ? `UnitTestNodeVersions(include=${py(versions.include)}, exclude=${py(versions.exclude)})`
      : "None",
    `[${inputs}]`,
    `UnitTestOutputFixture(${fields(expect)})`,
    isRecord(overrides)
      ? `UnitTestOverrides(macros=${py(overrides.macros ?? {})}, vars=${py(overrides.vars ?? {})}, env_vars=${py(overrides.env_vars ?? {})})`
      : "None",
  ];
  return sha256(
    [parts.join("-"), ...given.filter((g) => g.fixture).map((g) => str(fromPlain(g.rows ?? null)))].join("-"),
  );
}

/** Rows as dbt keeps them: dates become texts. */
function rowData(value: unknown): unknown {
  if (value instanceof PyDate) return value.isoformat();
  if (Array.isArray(value)) return value.map(rowData);
  return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, rowData(v)])) : value;
}

/** Rows of an input or of the expectation, whatever their format. */
function fixtureOf(section: Section, entry: Entry, source: PlainRecord, kind: "input" | "expected"): PlainRecord {
  const format = String(source.format ?? "dict").toLowerCase();
  const fixture = typeof source.fixture === "string" ? source.fixture : null;
  let rows: unknown = source.rows === undefined ? null : rowData(source.rows);
  const mismatch = (wanted: string) =>
    engineError("parsing", {
      message: `Unit test ${String(entry.data.name)} has ${kind} rows ${wanted === "" ? "" : "or fixtures "}which do not match format ${format}.${wanted === "" ? "" : `  Expected ${wanted}.`}`,
      place: { file: entry.file.path, ...entry.document.position(entry.path), source: entry.file.contents },
      hint: "Give rows in the stated format, or name a fixture file.",
    });
  const fixtureText = (name: string): string => {
    const found = fixturesOf.get(section.state)?.get(section.project.name)?.get(name);
    if (!found)
      throw invalid(
        entry,
        entry.path,
        `File not found for fixture '${name}' in unit tests in ${entry.file.path}`,
        "Put it into tests/fixtures.",
      );
    return found.contents;
  };
  if (format === "dict") {
    if (rows === null && fixture === null && kind === "input") rows = seedRows(section, String(source.input));
    if (!Array.isArray(rows)) throw mismatch("");
  } else if (format === "csv") {
    if (typeof rows !== "string" && fixture === null) throw mismatch("string");
    rows = csvRecords(fixture === null ? String(rows) : fixtureText(fixture)).map((row) =>
      Object.fromEntries(Object.entries(row).map(([k, v]) => [k, v === "" ? null : v])),
    );
  } else if (format === "sql") {
    if (typeof rows !== "string" && fixture === null) throw mismatch("string");
    rows = fixture === null ? rows : fixtureText(fixture);
  } else throw mismatch("dict, csv or sql");
  if (Array.isArray(rows)) promoteFullRow(rows);
  return kind === "input" ? { input: source.input ?? null, rows, format, fixture } : { rows, format, fixture };
}

/** The first row without nulls goes first: its values settle the columns' types. Source: parser/unit_tests.py _promote_first_non_none_row. */
function promoteFullRow(rows: unknown[]): void {
  const index = rows.findIndex(
    (row) => isRecord(row) && Object.values(row).every((v) => v !== null && v !== undefined),
  );
  if (index > 0) [rows[0], rows[index]] = [rows[index], rows[0]];
}

function seedRows(section: Section, input: string): PlainRecord[] {
  const reference = staticReference(input);
  const seed =
    reference?.kind === "ref"
      ? section.lookup().ref(reference.args.name, reference.args.package ?? section.project.name, null)
      : undefined;
  if (seed?.resource_type !== "seed") {
    const name = reference?.kind === "ref" ? reference.args.name : input;
    throw engineError("parsing", {
      message: `Unable to find seed '${section.project.name}.${name}' for unit tests in directories: [${section.project.paths.seed.map((p) => `'${p}'`).join(", ")}]`,
      place: { file: section.file.path },
      hint: "Give the input rows, or make it a seed.",
    });
  }
  return csvRecords(readSeedText(seed.root_path ?? section.project.root, seed.original_file_path));
}

/** Finds each unit test's model and multiplies the test over its versions. Source: parser/unit_tests.py process_models_for_unit_test. */
export function linkUnitTests(
  state: ParseState,
  find: (model: string, packageName: string, version: string | null) => { node?: GraphNode; disabled: boolean },
): void {
  const { manifest } = state.runtime;
  for (const test of Object.values(manifest.unit_tests)) {
    collectErrors(state, () => {
      const [name = "", version] = String(test.model).split(/\s+/);
      const { node, disabled } = find(name, test.package_name, version ?? null);
      if (!node) {
        if (disabled) {
          delete manifest.unit_tests[test.unique_id];
          test.config.enabled = false;
          disable(state, test);
          return;
        }
        throw engineError("parsing", {
          message: `Unable to find model '${test.package_name}.${String(test.model)}' for unit test '${test.name}' in ${test.original_file_path}`,
          place: { file: test.original_file_path },
          hint: "Correct model:.",
        });
      }
      test.depends_on.nodes = [node.unique_id];
      test.schema = node.schema;
      checkIncremental(test, node);
      if (node.version === null || node.version === undefined) {
        if (isRecord(test.versions) && (test.versions.include !== null || test.versions.exclude !== null)) {
          throw engineError("parsing", {
            message: `Unit test '${test.name}' should not have a versions include or exclude when referencing non-versioned model '${node.name}'`,
            place: { file: test.original_file_path },
          });
        }
        return;
      }
      multiply(state, test, node, version !== undefined);
    });
  }
}

function checkIncremental(test: OtherNode, node: GraphNode): void {
  if (!node.depends_on.macros.includes("macro.dbt.is_incremental")) return;
  const overrides = isRecord(test.overrides) && isRecord(test.overrides.macros) ? test.overrides.macros : {};
  const place = { file: test.original_file_path };
  if (typeof overrides.is_incremental !== "boolean") {
    throw engineError("parsing", {
      message: `Boolean override for 'is_incremental' must be provided for unit test '${test.name}' in model '${node.name}'`,
      place,
      hint: "Add overrides: macros: is_incremental: true or false.",
    });
  }
  if (overrides.is_incremental && !(test.given as PlainRecord[]).some((g) => String(g.input).trim() === "this")) {
    throw engineError("parsing", {
      message: `Unit test '${test.name}' for incremental model '${node.name}' must have a 'this' input`,
      place,
      hint: "Add `- input: this` with rows.",
    });
  }
}

function multiply(state: ParseState, test: OtherNode, node: GraphNode, single: boolean): void {
  const { manifest } = state.runtime;
  const all = Object.values(manifest.nodes).filter(
    (n) => n.resource_type === "model" && n.name === node.name && n.package_name === node.package_name,
  );
  const rule = isRecord(test.versions) ? test.versions : {};
  const has = (list: unknown, n: GraphNode): boolean => asList(list).map(String).includes(String(n.version));
  const wanted = single
    ? [node]
    : all.filter((n) =>
        rule.exclude !== null && rule.exclude !== undefined
          ? !has(rule.exclude, n)
          : rule.include !== null && rule.include !== undefined
            ? has(rule.include, n)
            : true,
      );
  if (wanted.length === 0) {
    throw engineError("parsing", {
      message: `Unit test '${test.name}' referenced a version of '${node.name}' which was not found.`,
      place: { file: test.original_file_path },
    });
  }
  delete manifest.unit_tests[test.unique_id];
  for (const n of wanted) {
    const uniqueId = `unit_test.${test.package_name}.${String(test.model)}.${test.name}_v${n.version}`;
    manifest.unit_tests[uniqueId] = {
      ...cloneData(test),
      unique_id: uniqueId,
      version: n.version,
      depends_on: { macros: [], nodes: [n.unique_id] },
    };
  }
}
