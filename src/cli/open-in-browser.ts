import { spawn } from "node:child_process";

/** Hands a page's file or address to the desktop's own opener. False when there is none, which is no error. */
export function openInBrowser(page: string): Promise<boolean> {
  const [program, ...words] =
    process.platform === "darwin"
      ? ["open", page]
      : process.platform === "win32"
        ? ["cmd", "/c", "start", "", page]
        : ["xdg-open", page];
  return new Promise((done) => {
    const child = spawn(program as string, words, { stdio: "ignore", detached: true });
    child.once("error", () => done(false));
    child.once("spawn", () => {
      child.unref();
      done(true);
    });
  });
}
