import { errorToJson } from "#errors/index.ts";
import { inside } from "./look/inside.ts";
import type { Problem } from "./types.ts";

const statuses: Record<string, number> = {
  "SRV-003": 401,
  "SRV-004": 403,
  "SRV-005": 400,
  "SRV-006": 404,
  "SRV-007": 403,
  "SRV-008": 413,
  "SRV-009": 429,
  "SRV-010": 409,
  "SRV-011": 409,
  "SRV-012": 400,
  "SRV-013": 408,
  "SRV-014": 404,
  "SRV-015": 400,
  "SRV-016": 408,
  "SRV-017": 404,
  "REG-002": 404,
  "REG-014": 409,
  "REG-021": 409,
  "LED-002": 503,
  "LED-005": 404,
  "LED-006": 409,
  "PUB-001": 404,
  "PUB-002": 404,
  "ORC-005": 404,
  "QUAL-001": 404,
  "DUCK-002": 409,
  "DUCK-003": 400,
  "DUCK-004": 499,
  "DUCK-005": 400,
};

/**
 * An error as RFC 9457 has it. What is ours and has no status of its own lies with who asked, unless it is the ledger.
 * Paths are told as seen from the workspace's folder `root`: where that lies on this machine is nobody's business.
 */
export function problemOf(error: unknown, root?: string): Problem {
  const told = errorToJson(error);
  const { code, title, message, hint, place, retryable, data } = root === undefined ? told : inside(told, root);
  const status = statuses[code] ?? (code === "INTERNAL" || code.startsWith("LED-") ? 500 : 422);
  return {
    type: `urn:buildcpg-labs:error:${code}`,
    title,
    status,
    // A defect's own words may name what should not leave this machine.
    detail: code === "INTERNAL" ? "The server has a defect; its log tells more." : message,
    code,
    ...(hint !== undefined && { hint }),
    ...(place !== undefined && { place }),
    retryable,
    ...(data !== undefined && { data: plain(data) }),
  };
}

const plain = (data: Record<string, unknown>): Record<string, unknown> =>
  JSON.parse(
    JSON.stringify(data, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)),
  ) as Record<string, unknown>;
