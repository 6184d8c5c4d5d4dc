// What every s-op and selector of the program is on the input: one table, its columns are the positions.

import { find, make, proseOf } from "./make.js";

/** Show an answer to `look`; `choose` is called with the name of what is clicked on. */
export function showValues(look, choose) {
  const place = find("values");
  if (!look.values.length) {
    place.replaceChildren(make("p", { class: "quiet" }, ...proseOf("Nothing is defined yet. Write, for instance, `count = selector_width(select(tokens, tokens, ==));`")));
    return;
  }
  const head = make("tr", {}, make("th"), ...look.tokens.map((token, position) =>
    make("th", { scope: "col" }, make("small", {}, `${position}`), token)));
  const rows = look.values.flatMap((value) => rowsOf(value, look.tokens, choose));
  const more = look.left_out ? [make("p", { class: "quiet" }, `${look.left_out} more are not shown.`)] : [];
  place.replaceChildren(make("table", { class: "values" }, make("thead", {}, head), make("tbody", {}, ...rows)), ...more);
}

function rowsOf(value, tokens, choose) {
  const isDrawn = (value.rows ?? value.cells) && !value.problem;
  const name = isDrawn
    ? make("button", { type: "button", class: "link name", title: "Show the picture", onclick: () => choose(value.name) }, value.name)
    : make("span", { class: "name" }, value.name);
  const label = make("th", { scope: "row", title: value.name }, make("span", { class: "kind" }, value.kind.replace("s-op of ", "")), name);
  const wide = (...children) => make("td", { class: "wide", colspan: Math.max(1, tokens.length) }, ...children);
  if (value.rows) {
    const title = make("tr", { class: "title", "data-name": value.name }, label, wide(value.problem ? complaint(value.problem) : ""));
    const rows = value.rows.map((row, query) => make("tr", {}, make("th", { scope: "row", class: "query" }, tokens[query]),
      ...[...row].map((cell, key) => make("td", {
        class: cell === "1" ? "cell on" : "cell",
        title: `${tokens[query]} at ${query} ${cell === "1" ? "selects" : "does not select"} ${tokens[key]} at ${key}`,
      }))));
    return [title, ...rows];
  }
  if (!value.cells) return [make("tr", { "data-name": value.name }, label, wide(value.text))];
  const cells = value.cells.map((cell) => make("td", cell === null ? { class: "none", title: "no value" } : {}, cell ?? "–"));
  const found = value.cells.length ? [make("tr", { "data-name": value.name }, label, ...cells)] : [];
  if (!value.problem) return found;
  const empty = found.length ? make("th") : label;
  return [...found, make("tr", { "data-name": value.name }, empty, wide(complaint(value.problem)))];
}

function complaint(problem) {
  return make("span", { class: "problem" }, problem.message, make("span", { class: "hint" }, problem.hint ? ` ${problem.hint}` : ""));
}

/** Show what there is to complain about; `go` is called with a line and a column. */
export function showProblems(problems, go) {
  find("problems").replaceChildren(...problems.map((problem) => {
    const place = problem.range ? `line ${problem.range[0] + 1}: ` : "";
    const hint = problem.hint ? [make("span", { class: "hint" }, `\n${problem.hint}`)] : [];
    const onclick = () => problem.range && go(problem.range[0], problem.range[1]);
    return make("li", { class: problem.severity }, make("button", { type: "button", onclick }, `${place}${problem.message}`, ...hint));
  }));
}
