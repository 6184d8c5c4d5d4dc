// Dark or light: as the system says, until somebody says otherwise.

import { find } from "./make.js";

const SYSTEM = matchMedia("(prefers-color-scheme: dark)");

export const isDark = () => (document.documentElement.dataset.theme ?? (SYSTEM.matches ? "dark" : "light")) === "dark";

/** Keep the button at work; `changed` is called when it is another theme. */
export function watchTheme(changed) {
  const kept = localStorage.getItem("theme");
  if (kept) document.documentElement.dataset.theme = kept;
  find("theme").addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    localStorage.setItem("theme", document.documentElement.dataset.theme);
    changed();
  });
  SYSTEM.addEventListener("change", changed);
}
