// Elements of the page.

export const find = (id) => document.getElementById(id);

/** An element: attributes by name, `on…` are listeners; children are elements or text. */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

/** Text in which what stands between backticks is code. */
export function proseOf(text) {
  return text.split(/`([^`]+)`/).map((part, k) => (k % 2 ? make("code", {}, part) : part));
}

/** A refusal as an element: its messages, where they are about, what to do. */
export function refusalOf(error) {
  const told = error.diagnostics ?? [{ message: error.message, hint: "" }];
  return make("div", {}, ...told.map(({ message, line, hint }) => make("p", { class: "problem" },
    line ? `line ${line}: ${message}` : message, ...(hint ? [make("br"), make("span", { class: "hint" }, hint)] : []))));
}

/** An SVG text as an element. */
export function svgOf(text) {
  return document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
}

let timer = 0;

/** Say something for a moment. */
export function toast(text) {
  const place = find("toast");
  place.textContent = text;
  place.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => (place.hidden = true), 3500);
}
