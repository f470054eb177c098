import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pythonEnvironment } from "../python-environment.ts";

const environment = (name: "airflow" | "prefect", requirements: string[], versions: string): string => {
  const constraints = join(import.meta.dirname, `${name}.txt`);
  return pythonEnvironment({
    venv: join(import.meta.dirname, "..", ".judges", name),
    requirements,
    constraints,
    modules: [name],
    versions,
    marker: JSON.stringify({ requirements, constraints: readFileSync(constraints, "utf8") }),
    force: process.argv.includes("--force"),
  });
};

/** Makes the environment with the real Airflow 3 unless it is there; returns its Python. */
export const airflowPython = (): string =>
  environment(
    "airflow",
    ["apache-airflow-core==3.3.2", "apache-airflow-providers-standard==1.21.0"],
    '"Airflow", airflow.__version__',
  );

/** Makes the environment with the real Prefect 3 unless it is there; returns its Python. */
export const prefectPython = (): string => environment("prefect", ["prefect==3.8.8"], '"Prefect", prefect.__version__');
