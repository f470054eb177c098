import { effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";
const kept = localStorage.getItem("labs-theme");
export const theme = signal<Theme>(kept === "light" || kept === "dark" ? kept : "system");

effect(() => {
  if (theme.value === "system") {
    delete document.documentElement.dataset["theme"];
    localStorage.removeItem("labs-theme");
  } else {
    document.documentElement.dataset["theme"] = theme.value;
    localStorage.setItem("labs-theme", theme.value);
  }
});

export function cycleTheme(): void {
  theme.value = theme.value === "system" ? "light" : theme.value === "light" ? "dark" : "system";
}
