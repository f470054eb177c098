import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { cliErrors } from "../errors.ts";

/**
 * A new password: typed twice at a terminal, where it is not shown, or the first line of what is piped in. It is never an
 * argument, which other users of a machine could read. Errors: CLI-002 when nothing came or the two differ.
 */
export async function readPassword(
  name: string,
  input: NodeJS.ReadStream = process.stdin,
  prompt: NodeJS.WritableStream = process.stderr,
): Promise<string> {
  const terminal = input.isTTY === true;
  const lines = createInterface({ input, terminal, ...(terminal && { output: nowhere() }), historySize: 0 });
  const next = lines[Symbol.asyncIterator]();
  const ask = async (text: string): Promise<string> => {
    if (terminal) prompt.write(text);
    const { value, done } = await next.next();
    if (terminal) prompt.write("\n");
    if (done !== true && value !== "") return value;
    throw cliErrors.usage({
      message: "No password came.",
      hint: "Type it when asked, or pipe it in: printf '%s\\n' \"$PASSWORD\" | labs users …",
    });
  };
  try {
    const password = await ask(`New password of ${name}: `);
    if (terminal && (await ask("Again: ")) !== password)
      throw cliErrors.usage({ message: "The two passwords differ; nothing was changed." });
    return password;
  } finally {
    lines.close();
    // Otherwise the process waits for more of it.
    input.unref?.();
  }
}

/** What is typed is shown to nobody. */
const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });
