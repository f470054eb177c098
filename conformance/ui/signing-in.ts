import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { accessible, check, must, shot } from "./checks.ts";
import { lab1, lab3 } from "./pages.ts";
import { serveWorkspace } from "./workspace.ts";

const password = "a long enough password";

/** A server that is offered to other machines: nobody gets in without a name, and sees only what is theirs. */
export async function signingIn(browser: Browser, folder: string, api: string): Promise<void> {
  const labs = join(import.meta.dirname, "..", "..", "dist", "labs.js");
  for (const words of [
    ["ann", "--role", "admin"],
    ["ivy", "--lab", lab1],
  ])
    spawnSync(process.execPath, [labs, "users", "add", ...words, "--workspace", folder], { input: `${password}\n` });
  let served = await serveWorkspace(folder, api, "--port", "0", "--host", "0.0.0.0");
  const contexts = [
    await browser.newContext({ colorScheme: "light", viewport: { width: 1360, height: 860 } }),
    await browser.newContext({ colorScheme: "dark", viewport: { width: 390, height: 844 } }),
  ] as const;
  const [wide, phone] = [await contexts[0].newPage(), await contexts[1].newPage()];
  const signIn = async (page: typeof wide, name: string, secret: string) => {
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Password").fill(secret);
    await page.keyboard.press("Enter");
  };
  await check("signing in: a wrong password is told, the right one opens the page asked for", async () => {
    await wide.goto(`${served.url}/runs`);
    await wide.getByLabel("Password").waitFor();
    await shot(wide, "sign-in-light");
    await accessible(wide);
    await signIn(wide, "ann", "a wrong password");
    await wide.getByText("SRV-003").waitFor();
    await signIn(wide, "ann", password);
    await wide.getByRole("heading", { name: "Runs" }).waitFor();
    must(new URL(wide.url()).pathname === "/runs", "the page that was asked for is forgotten");
  });
  await check("signing in: who may see one lab sees one lab, also on a phone", async () => {
    await phone.goto(`${served.url}/`);
    await phone.getByLabel("Password").waitFor();
    await shot(phone, "sign-in-dark-phone");
    await accessible(phone);
    await signIn(phone, "ivy", password);
    await phone.getByText(lab1).first().waitFor();
    must((await phone.getByText(lab3).count()) === 0, "another lab is shown");
    must((await phone.getByRole("button", { name: `Run ${lab1}` }).count()) === 0, "a viewer is offered to run it");
  });
  await check("signing in: it holds when the server starts again, and what the page sends is taken", async () => {
    await wide.goto(`${served.url}/`);
    await wide.getByText(lab1).first().waitFor();
    await served.stop();
    served = await serveWorkspace(folder, api, "--host", "0.0.0.0", "--port", new URL(served.url).port);
    await wide.getByText("The server does not answer").waitFor({ state: "detached", timeout: 20_000 });
    await wide.getByRole("button", { name: `Pause ${lab1}` }).click();
    await wide.getByRole("button", { name: `Resume ${lab1}` }).click();
    await wide.getByRole("button", { name: `Pause ${lab1}` }).waitFor();
  });
  await check("signing out: the next one is asked, also on a phone", async () => {
    for (const page of [wide, phone]) {
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByLabel("Password").waitFor();
    }
  });
  for (const context of contexts) await context.close();
  await served.stop();
}
