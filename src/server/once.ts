import type { FastifyRequest } from "fastify";
import type { Principal, ServerContext } from "./context.ts";
import { serverErrors } from "./errors.ts";
import type { Route } from "./route.ts";

/** Does an action once for an Idempotency-Key; asked again, it gives the same answer. Errors: SRV-005, SRV-011. */
export async function once(
  context: ServerContext,
  request: FastifyRequest,
  route: Route,
  asked: { params: object; body: unknown; principal: Principal },
  work: () => Promise<unknown>,
): Promise<{ answer: unknown; again: boolean }> {
  const given = request.headers["idempotency-key"];
  if (given === undefined) return { answer: await work(), again: false };
  if (typeof given !== "string" || given === "" || given.length > 200)
    throw serverErrors.badRequest({ message: "An Idempotency-Key has 1 to 200 characters." });
  const { access } = context.ledger;
  const key = `${asked.principal.name}:${given}`;
  const begun = await access.begin(
    key,
    JSON.stringify([route.method, route.path, asked.params, asked.body]),
    new Date(),
  );
  if (begun.is === "other")
    throw serverErrors.keyReused({
      message: "This Idempotency-Key was used for another request.",
      hint: "Use a new one.",
    });
  if (begun.is === "same") {
    if (begun.answer !== null) return { answer: JSON.parse(begun.answer) as unknown, again: true };
    throw serverErrors.keyReused({ message: "The request with this Idempotency-Key is still being carried out." });
  }
  try {
    const answer = await work();
    await access.answer(key, { status: route.status ?? 200, answer: JSON.stringify(answer) });
    return { answer, again: false };
  } catch (error) {
    await access.answer(key, null).catch(() => {});
    throw error;
  }
}
