/**
 * Schemathesis over the OpenAPI document, against the real server on the example workspace: random, broken and plausible
 * requests to every operation, and sequences of them. No answer may be 5xx, have a status, type or shape that the document
 * does not tell, or accept what it forbids.
 *
 *   npm run judge:api [-- --examples 30 --seed 1]
 *
 * Ends with `N passed, M failed` of its test cases. It makes an environment of its own (Python 3.10 or newer, a package index).
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { pythonEnvironment } from "../python-environment.ts";
import { exampleWorkspace, serveWorkspace } from "../ui/workspace.ts";

const { values } = parseArgs({
  options: { examples: { type: "string", default: "30" }, seed: { type: "string", default: "20260101" } },
});
const requirements = ["schemathesis==4.32.5"];
const constraints = join(import.meta.dirname, "schemathesis.txt");
const python = pythonEnvironment({
  venv: join(import.meta.dirname, "..", ".judges", "schemathesis"),
  requirements,
  constraints,
  modules: ["schemathesis", "importlib.metadata"],
  versions: '"schemathesis", importlib.metadata.version("schemathesis")',
  marker: JSON.stringify({ requirements, constraints: readFileSync(constraints, "utf8") }),
});

const checks = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_headers_conformance",
  "response_schema_conformance",
  "negative_data_rejection",
  "missing_required_header",
];

const { folder, api, remove } = await exampleWorkspace();
const work = mkdtempSync(join(tmpdir(), "labs-api-"));
const served = await serveWorkspace(folder, api, "--port", "0");
try {
  const get = async (path: string) => (await fetch(`${served.url}/api/v1${path}`)).json() as Promise<never>;
  const lab = "lab1_sales_performance";
  const { runs } = (await get("/runs?limit=20")) as { runs: { id: string }[] };
  const { nodes } = (await get(`/labs/${lab}/graph`)) as { nodes: { id: string }[] };
  const { tables } = (await get(`/labs/${lab}/tables`)) as { tables: { name: string }[] };
  // Names that are there, half of the time: otherwise nearly every answer would be that there is no such lab.
  const known: Record<string, [keys: string[], names: string[]]> = {
    labs: [
      ["path.lab", "query.lab", "body.lab"],
      [lab, "lab2_forecast_model", "lab3_customer_segmentation"],
    ],
    runs: [
      ["path.run", "path.other"],
      ["last", ...runs.map(({ id }) => id)],
    ],
    nodes: [["path.node"], nodes.map(({ id }) => id)],
    tables: [["path.table", "query.table", "body.table"], tables.map(({ name }) => name)],
    queries: [["body.sql"], ["select 1", ...tables.map(({ name }) => `from ${name}`), "from read_text('/etc/passwd')"]],
  };
  const lines = Object.entries(known).flatMap(([name, [, names]]) => [
    `[dictionaries.${name}]`,
    `values = ${JSON.stringify(names)}`,
  ]);
  lines.push("[parameters]");
  for (const [name, [keys]] of Object.entries(known))
    for (const key of keys) lines.push(`"${key}" = { dictionary = "${name}", probability = 0.5 }`);
  const config = join(work, "schemathesis.toml");
  writeFileSync(config, `${lines.join("\n")}\n`);

  console.log(`seed ${values.seed}`);
  // The streams are left out, as they do not end: the tests of the server and of its client read them.
  // Not waited for in one go: what the server says meanwhile has to be read.
  const judge = spawn(
    join(dirname(python), "st"),
    `--no-color --config-file ${config} run ${served.url}/api/v1/openapi.json --checks ${checks.join(",")}
      --exclude-operation-id events --exclude-operation-id runLog --max-examples ${values.examples} --seed ${values.seed}
      --workers 2 --request-timeout 60 --continue-on-failure --warnings off`.split(/\s+/),
    { cwd: work, stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, PYTHONUTF8: "1" } },
  );
  let stdout = "";
  judge.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  const [status] = (await once(judge, "close")) as [number | null];
  console.log(stdout.trim());
  const health = await fetch(`${served.url}/api/v1/labs`);
  const cases = Number(/(\d+) generated/.exec(stdout)?.[1] ?? 0);
  const failed = /(\d+) found \d+ unique/.exec(stdout)?.[1] ?? (status === 0 ? "0" : "1");
  if (!health.ok || cases === 0) throw new Error("the server does not answer any more, or nothing was asked");
  console.log(`${cases - Number(failed)} passed, ${failed} failed`);
  process.exitCode = status === 0 ? 0 : 1;
} finally {
  await served.stop();
  remove();
  rmSync(work, { recursive: true, force: true });
}
