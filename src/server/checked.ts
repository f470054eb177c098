import type * as z from "zod";
import { serverErrors } from "./errors.ts";

/** What was sent, as its type says. Errors: SRV-005 with every problem. */
export function checked(type: z.ZodType, value: unknown, what: string): unknown {
  const result = type.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => ({ at: path.join("."), message }));
  const [first] = problems;
  throw serverErrors.badRequest({
    message: `The ${what} is not as expected${first ? `: ${first.at ? `${first.at}: ` : ""}${first.message}` : ""}.`,
    hint: "/api/v1/openapi.json describes it.",
    data: { problems },
  });
}
