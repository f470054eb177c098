import { isLabsError, LabsError } from "#errors/index.ts";
import { hasJinja, parseTemplate, PyDate, PyObject, renderPlain, type Scope, type Value } from "#jinja/index.ts";
import { toData } from "../context/data.ts";
import type { Plain } from "../manifest/types.ts";
import { readError } from "./errors.ts";
import { revealSecrets } from "./scope.ts";
import type { YamlDocument } from "./types.ts";

export type KeyPath = (string | number)[];

export interface RenderOptions {
  file: string;
  scope: Scope;
  /** For places in errors. */
  document?: YamlDocument;
  /** The text of the file, for the code frame of errors. */
  source?: string;
  /** Key paths that stay as written. */
  skip?: (path: KeyPath) => boolean;
  /** Changes a rendered value by its place. */
  after?: (value: Plain, path: KeyPath) => Plain;
  /** Where secrets may come in: profiles.yml, packages.yml. */
  secrets?: NodeJS.ProcessEnv;
}

/**
 * A YAML tree with every text rendered to a native value, as dbt does with its configuration files: `"{{ 1 + 1 }}"` becomes 2.
 * Dates become ISO text. The input is not changed. Errors: READ-006 and READ-007 with the place of the value.
 */
export function renderTree(data: Plain, options: RenderOptions, path: KeyPath = []): Plain {
  let result: Plain;
  if (Array.isArray(data)) result = data.map((item, i) => renderTree(item, options, [...path, i]));
  else if (typeof data === "object" && data !== null && !(data instanceof PyObject)) {
    const record: Record<string, Plain> = {};
    for (const [key, value] of Object.entries(data)) record[key] = renderTree(value, options, [...path, key]);
    result = record;
    return options.after && path.length > 0 ? options.after(result, path) : result;
  } else result = options.skip?.(path) ? data : renderValue(data, options, path);
  return options.after ? options.after(result, path) : result;
}

/** One value of such a tree. */
export function renderValue(value: Plain, options: RenderOptions, path: KeyPath = []): Plain {
  if (typeof value !== "string") {
    return value instanceof PyDate ? value.isoformat() : value;
  }
  if (!hasJinja(value)) return renderPlain(value);
  const { file, scope, document, secrets } = options;
  try {
    const rendered = parseTemplate(value, { file }).renderNative(scope);
    if (rendered instanceof Promise) throw new TypeError("configuration may not call the database");
    const plain = toData(rendered as Value);
    return typeof plain === "string" && secrets ? revealSecrets(plain, secrets) : plain;
  } catch (error) {
    if (!isLabsError(error)) throw error;
    // Passwords may look like Jinja without being it.
    if (secrets && path.includes("password")) return value;
    const place = {
      file,
      ...(document ? document.position(path) : {}),
      ...(options.source === undefined ? {} : { source: options.source }),
    };
    if (error.data?.dbtType === "Parsing Error") {
      throw new LabsError(
        { code: error.code, title: error.title, exit: error.exit, doc: "" },
        { message: error.message, place, hint: error.hint, data: error.data, cause: error },
      );
    }
    throw readError("render", {
      message: `Could not render ${value}: ${error.message}`,
      place,
      hint: error.hint ?? "Correct the Jinja of this value.",
      cause: error,
    });
  }
}
