import type { Problem } from "./operations.ts";

/** Why the server did not do what was asked: its problem+json as an error. `code` is one of docs/errors.md. */
export class ApiError extends Error {
  readonly problem: Problem;
  override readonly name = "ApiError";

  constructor(problem: Problem, options?: ErrorOptions) {
    super(`${problem.code}: ${problem.detail}${problem.hint === undefined ? "" : ` ${problem.hint}`}`, options);
    this.problem = problem;
  }

  get code(): string {
    return this.problem.code;
  }

  /** Of HTTP; 0 when there was no answer at all. */
  get status(): number {
    return this.problem.status;
  }
}

/** No answer came, or one that is none of this API. */
export function noAnswer(status: number, detail: string, cause?: unknown): ApiError {
  const problem = {
    type: "about:blank",
    title: "No answer",
    status,
    detail,
    code: "NO-ANSWER",
    hint: "Is `labs serve` running there?",
    retryable: true,
  };
  return new ApiError(problem, { cause });
}
