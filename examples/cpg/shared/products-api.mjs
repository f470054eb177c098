/**
 * A small API of product master data, as an ERP might offer it: `GET /v1/products?limit=20&cursor=…&updated_since=…`.
 * lab2_forecast_model polls it. `npm run demo` starts it; by hand: `node shared/products-api.mjs [port]`.
 */
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

/** Product lines with the number of their products, units in a case, cases on a pallet, and weeks until a delivery. */
const lines = [
  ["BEV", 7, 12, 60, 1],
  ["SNK", 6, 18, 48, 2],
  ["DRY", 6, 10, 72, 1],
  ["PER", 6, 24, 40, 3],
  ["HOU", 5, 8, 36, 3],
  ["BAB", 5, 6, 32, 2],
  ["PET", 5, 4, 30, 2],
];
const suppliers = ["Nordsee Logistik", "Alpen Foods", "Rhein Trading"];

/** What the API knows, oldest change first. */
export const products = lines.flatMap(([line, count, units, cases, weeks], l) =>
  Array.from({ length: count }, (_, i) => ({
    product_code: `${line}_${1000 + i * 37}`,
    packaging: { units_per_case: units, cases_per_pallet: cases - i * 2, weight_grams: 150 + i * 85 },
    supplier: { name: suppliers[(l + i) % suppliers.length], lead_time_weeks: weeks },
    tags: i % 3 === 0 ? ["fragile"] : [],
    updated_at: new Date(Date.UTC(2025, 0, 6 + l, 8 + i)).toISOString(),
  })),
);

/** Answers a page: what changed since a time, in steps of `limit`. */
function page(query) {
  const since = query.get("updated_since") ?? "";
  const changed = products.filter(({ updated_at }) => updated_at >= since);
  const from = Number(query.get("cursor") ?? 0);
  const to = from + Math.min(Number(query.get("limit") ?? 10), 25);
  return { data: changed.slice(from, to), next_cursor: to < changed.length ? String(to) : null };
}

/** Starts the server on this machine only; port 0 takes any free one. */
export function serve(port = 0) {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const known = url.pathname === "/v1/products";
    response.writeHead(known ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(known ? page(url.searchParams) : { error: "there is only /v1/products" }));
  });
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(port, "127.0.0.1", () => {
      resolve({ url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() });
    });
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { url } = await serve(Number(process.argv[2] ?? 4010));
  console.log(`${url}/v1/products answers; ctrl-C stops.`);
}
