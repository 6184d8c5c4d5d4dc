// The program as a transformer: asked for, waited for, and looked into.

import { askCompile } from "./ask.js";
import { find, make, refusalOf } from "./make.js";

const SIZES = { layers: "layer", heads: "head", d_model: "residual column", parameters: "parameter" };

/** The program that the model shown is of. */
let compiled = null;

/** Offer what a `# compile:` line of the program says, and the names that can be compiled. */
export function offerExpressions(look) {
  const names = look.values.filter((value) => value.cells && value.kind !== "selector").map((value) => value.name);
  find("names").replaceChildren(...names.map((name) => make("option", { value: name })));
  const [line] = look.compiles;
  const proposed = line
    ? { expression: line.expression, vocabulary: writeTokens(line.vocabulary), length: line.max_length ?? 8 }
    : { expression: names.at(-1) ?? "", vocabulary: [...new Set(look.tokens)].toSorted().join(""), length: Math.max(8, look.tokens.length) };
  for (const [id, value] of Object.entries(proposed)) {
    const field = find(id);
    if (!field.dataset.typed && document.activeElement !== field) field.value = value;
  }
}

const writeTokens = (tokens) =>
  tokens.every((token) => typeof token === "string" && [...token].length === 1) ? tokens.join("") : JSON.stringify(tokens);

/** Say so where the model shown is of another program than the one that stands there now. */
export function noteChange(text) {
  const isOld = compiled !== null && compiled.text !== text;
  find("progress").textContent = compiled === null ? "" : `${compiled.told}${isOld ? "; the program has changed since" : ""}`;
  find("result").classList.toggle("old", isOld);
}

/** Forget what was typed for another program, and its model. */
export function resetOptions() {
  compiled = null;
  for (const id of ["expression", "vocabulary", "length"]) delete find(id).dataset.typed;
  find("result").replaceChildren();
  find("progress").textContent = "";
}

/** Keep the form at work; `question` gives program, input and attention. */
export function watchCompile(question) {
  for (const id of ["expression", "vocabulary", "length"]) find(id).addEventListener("input", () => (find(id).dataset.typed = "yes"));
  find("options").addEventListener("submit", async (event) => {
    event.preventDefault();
    const asked = { ...question(), expression: find("expression").value, vocabulary: find("vocabulary").value, max_length: Number(find("length").value) };
    const stop = new AbortController(), began = performance.now();
    let doing = "starting";
    const tell = () => (find("progress").textContent = `${doing} … ${Math.round((performance.now() - began) / 1000)} s`);
    const timer = setInterval(tell, 250);
    const cancel = () => stop.abort();
    find("cancel").addEventListener("click", cancel);
    find("cancel").hidden = false;
    find("start").disabled = true;
    compiled = null;
    find("result").replaceChildren();
    try {
      const answer = await askCompile(asked, (what) => { doing = what; tell(); }, stop.signal);
      showModel(asked, answer);
      compiled = { text: asked.text, told: `compiled in ${((performance.now() - began) / 1000).toFixed(1)} s` };
      noteChange(question().text);
    } catch (error) {
      find("progress").textContent = error.name === "AbortError" ? "cancelled" : "";
      if (error.name !== "AbortError") find("result").replaceChildren(refusalOf(error));
    } finally {
      clearInterval(timer);
      find("cancel").removeEventListener("click", cancel);
      find("cancel").hidden = true;
      find("start").disabled = false;
    }
  });
}

function showModel(asked, answer) {
  const sizes = Object.entries(SIZES).map(([name, unit]) => {
    const count = Number(answer.summary[name]);
    return make("li", {}, make("b", {}, count.toLocaleString("en")), ` ${unit}${count === 1 ? "" : "s"}`);
  });
  const inside = answer.page
    ? [
        make("p", {}, "The model at work, with its weights in the page: type another input there. ",
          make("a", { href: answer.page, target: "_blank", rel: "noopener" }, "Open it in a tab of its own")),
        make("iframe", { src: answer.page, sandbox: "allow-scripts", title: `Inside of ${asked.expression}` }),
      ]
    : [make("p", { class: "quiet" }, `It is not shown at work: ${answer.without_page}.`)];
  find("result").replaceChildren(make("ul", { class: "sizes" }, ...sizes), ...inside, make("h3", {}, "What each part is for"), make("pre", {}, answer.explain));
}
