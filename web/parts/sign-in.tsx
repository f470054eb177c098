import { type Signal, useSignal } from "@preact/signals";
import type { Problem } from "../../src/server/types.ts";
import { ApiError, post, session } from "../lib/api.ts";
import { ErrorBox, Head } from "./basic.tsx";

/** Asks for name and password, or for a token. */
export function SignIn({ problem, start }: { problem: Signal<Problem | undefined>; start: () => Promise<void> }) {
  const byToken = useSignal(false);
  const busy = useSignal(false);
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const given = (name: string) => String(form.get(name) ?? "").trim();
    busy.value = true;
    problem.value = undefined;
    const body = byToken.value
      ? { token: given("token") }
      : { user: given("user"), password: String(form.get("password") ?? "") };
    post("/session", body)
      .then(start)
      .catch((error: unknown) => {
        if (error instanceof ApiError) problem.value = error.problem;
      })
      .finally(() => (busy.value = false));
  };
  return (
    <main class="sign-in">
      <img src="/assets/icon.svg" alt="" width="40" height="40" />
      <Head title="BuildCPG Labs" />
      <form onSubmit={send}>
        {byToken.value ? (
          <label key="token">
            Token
            <input name="token" type="password" autocomplete="off" required />
          </label>
        ) : (
          <>
            <label key="user">
              Name
              <input name="user" autocomplete="username" autocapitalize="none" spellcheck={false} required />
            </label>
            <label key="password">
              Password
              <input name="password" type="password" autocomplete="current-password" required />
            </label>
          </>
        )}
        <button type="submit" class="button primary" disabled={busy.value}>
          {busy.value ? "Signing in …" : "Sign in"}
        </button>
        <button type="button" class="link" onClick={() => (byToken.value = !byToken.value)}>
          {byToken.value ? "With name and password" : "With a token"}
        </button>
      </form>
      {problem.value && <ErrorBox problem={problem.value} />}
      <p class="faint small">
        Somebody who looks after the server lets you in: <code>labs users add your-name</code>
      </p>
    </main>
  );
}

/** Ends the session of this browser. */
export async function signOut(): Promise<void> {
  await fetch("/api/v1/session", {
    method: "DELETE",
    headers: session.value?.csrf ? { "x-csrf-token": session.value.csrf } : {},
  });
  location.assign("/");
}
