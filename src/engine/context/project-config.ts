import { fromPlain, PyDict, PyFunction, PyObject, type Kwargs, type MaybePromise, type Value } from "#jinja/index.ts";
import type { Project } from "../1-read/types.ts";
import { hostFunction } from "./functions.ts";
import type { Runtime } from "./runtime.ts";
import { targetValue } from "./target-value.ts";

/** `ref` and `source`: callable, and the way by which packages reach the project's configuration (`builtins.ref.config`). */
export function referenceFunction(
  name: string,
  runtime: Runtime,
  body: (args: Value[], kwargs: Kwargs) => MaybePromise<Value>,
): PyObject {
  return new ReferenceFunction(name, runtime, body);
}

class ReferenceFunction extends PyFunction {
  readonly #runtime: Runtime;
  constructor(name: string, runtime: Runtime, body: (args: Value[], kwargs: Kwargs) => MaybePromise<Value>) {
    super(name, body);
    this.#runtime = runtime;
  }
  override getAttr(name: string): Value | undefined {
    return name === "config" ? projectConfig(this.#runtime) : super.getAttr(name);
  }
}

/** `adapter.config`: the root project's configuration. Source: dbt-core context/providers.py BaseDatabaseWrapper. */
export const projectConfig = (runtime: Runtime): PyObject => new ProjectConfig(runtime, runtime.read.root);

/** What packages read of dbt's RuntimeConfig. Source: dbt-core config/runtime.py. */
class ProjectConfig extends PyObject {
  readonly pyType = "RuntimeConfig";
  override get pyModule(): string {
    return "dbt.config.runtime";
  }
  readonly #runtime: Runtime;
  readonly #project: Project;
  constructor(runtime: Runtime, project: Project) {
    super();
    this.#runtime = runtime;
    this.#project = project;
  }
  override getAttr(name: string): Value | undefined {
    const { target, read, flags } = this.#runtime;
    const project = this.#project;
    const kind = /^(model|seed|test|analysis|macro|snapshot|docs|asset)_paths$/.exec(name)?.[1];
    if (kind !== undefined) return fromPlain(project.paths[kind as "model"]);
    switch (name) {
      case "project_name":
        return project.name;
      case "project_root":
        return project.root;
      case "version":
        return project.version;
      case "profile_name":
        return target.profileName;
      case "target_name":
        return target.targetName;
      case "threads":
        return flags.threads ?? target.threads;
      case "quoting":
        return fromPlain({ database: true, schema: true, identifier: true, ...project.quoting });
      case "target_path":
        return flags.targetPath ?? project.paths.target;
      case "credentials":
        return new Attributes(targetValue(target));
      case "cli_vars":
        return fromPlain(read.cliVars);
      case "args":
        return new Attributes(fromPlain(flags.invocationArgs) as PyDict);
      case "vars": {
        const vars = fromPlain(project.vars) as PyDict;
        return new Attributes(new PyDict([["vars", vars]]), vars);
      }
      case "dependencies":
      case "load_dependencies": {
        const all = new PyDict();
        for (const [key, other] of this.#runtime.projects) all.set(key, new ProjectConfig(this.#runtime, other));
        return name === "dependencies" ? all : hostFunction(name, ["base_only?"], () => all);
      }
      default:
        return undefined;
    }
  }
}

/** A dict's entries as attributes, with `to_dict()`. */
class Attributes extends PyObject {
  readonly pyType = "Namespace";
  readonly #dict: PyDict;
  readonly #whole: PyDict;
  constructor(dict: PyDict, whole = dict) {
    super();
    this.#dict = dict;
    this.#whole = whole;
  }
  override getAttr(name: string): Value | undefined {
    return name === "to_dict" ? hostFunction("to_dict", [], () => this.#whole) : this.#dict.get(name);
  }
}
