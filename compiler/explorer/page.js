"use strict";
// What the page shows. Everything is made anew when the input changes; cells of a matrix tell their numbers by their titles.

const byId = (id) => document.getElementById(id);
// Cells of a matrix beyond which it is painted: so many elements would be slow.
const MOST_CELLS = 4000;
const CELL = 14;

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** What is too wide scrolls in a frame of its own, also by keys. */
function frame(label, ...children) {
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, ...children);
}

function captioned(caption, drawn) {
  return make("figure", {}, make("figcaption", {}, caption), frame(caption, drawn));
}

function table(head, rows, caption, attributes = {}) {
  const cells = (row, tag) => make("tr", {}, ...row.map((cell) => make(tag, tag === "th" ? { scope: "col" } : {}, cell)));
  return captioned(caption, make("table", attributes,
    make("thead", {}, cells(head, "th")), make("tbody", {}, ...rows.map((row) => cells(row, "td")))));
}

/** `0-3, 7` for numbers in order. */
function showRuns(numbers) {
  const runs = [];
  for (const number of numbers) {
    if (runs.length && runs.at(-1)[1] === number - 1) runs.at(-1)[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([low, high]) => (low === high ? `${low}` : `${low}-${high}`)).join(", ");
}

const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
const short = (number) => `${Number(number.toPrecision(6))}`;

/** Shares are of the largest number, or of each column's largest from a row on: columns of the residual stream have nothing in common. */
function heatMap(matrix, rowLabels, columnLabels, caption, firstRow = null) {
  const most = Math.max(1e-30, ...matrix.map((row) => Math.max(...Array.from(row, Math.abs))));
  const mosts = columnLabels.map((_, c) => firstRow === null ? most : Math.max(1e-30, ...matrix.slice(firstRow).map((row) => Math.abs(row[c]))));
  const share = (value, c) => Math.min(1, Math.sqrt(Math.abs(value) / mosts[c]));
  const tell = (r, c) => `${rowLabels[r]}, ${columnLabels[c]}: ${short(matrix[r][c])}`;
  const drawn = matrix.length * columnLabels.length > MOST_CELLS ? paint(matrix, share, tell)
    : tabulate(matrix, rowLabels, columnLabels, share, tell);
  return captioned(caption, drawn);
}

function tabulate(matrix, rowLabels, columnLabels, share, tell) {
  const head = make("tr", {}, make("td"), ...columnLabels.map((label) => make("th", { scope: "col", title: label }, make("span", {}, label))));
  const body = matrix.map((row, r) => make("tr", {}, make("th", { scope: "row", title: rowLabels[r] }, rowLabels[r]),
    ...Array.from(row, (value, c) => make("td", {
      class: value < 0 ? "cell minus" : "cell", style: `--share:${(share(value, c) * 100).toFixed(1)}%`, title: tell(r, c) }))));
  return make("table", { class: "map" }, head, ...body);
}

/** A large matrix: two pixels or more a cell; its title tells the number under the pointer. */
function paint(matrix, share, tell) {
  const wide = matrix[0].length, side = Math.max(2, Math.min(CELL, Math.floor(1000 / wide)));
  const canvas = make("canvas", { width: wide * side, height: matrix.length * side, role: "img", "aria-label": "a large matrix" });
  const pen = canvas.getContext("2d"), style = getComputedStyle(document.body);
  const [plus, minus] = ["--mark", "--minus"].map((name) => {
    canvas.style.color = `var(${name})`;
    document.body.append(canvas);
    const colour = getComputedStyle(canvas).color;
    canvas.remove();
    return colour;
  });
  pen.fillStyle = style.backgroundColor;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  matrix.forEach((row, r) => row.forEach((value, c) => {
    if (!value) return;
    pen.globalAlpha = share(value, c);
    pen.fillStyle = value < 0 ? minus : plus;
    pen.fillRect(c * side, r * side, side, side);
  }));
  canvas.addEventListener("pointermove", (event) => {
    const [r, c] = [event.offsetY, event.offsetX].map((place) => Math.max(0, Math.floor(place / side)));
    if (r < matrix.length && c < wide) canvas.title = tell(r, c);
  });
  return canvas;
}

// -- the program, and what is told of a name in it

/** The text with a button for each name of the program, but in comments and strings. */
function showSource(page) {
  const names = new Map(page.model.names.map((name) => [name.name, name]));
  const pieces = page.model.source.split(/(#.*|"[^"\n]*"|'[^'\n]*'|[A-Za-z_]\w*)/).map((word) => {
    if (word.startsWith("#")) return make("span", { class: "quiet" }, word);
    if (!names.has(word)) return word;
    const button = make("button", { type: "button", class: "name", "aria-pressed": "false" }, word);
    button.addEventListener("click", () => {
      page.chosen = page.chosen === word ? null : word;
      showChosen(page);
    });
    return button;
  });
  byId("source").replaceChildren(...pieces);
}

const bare = (name) => name.replace(/ \(.*\)$/, "");

/** Mark what has to do with the chosen name, and tell what it is. */
function showChosen(page) {
  const { chosen, model } = page;
  document.querySelectorAll(".name").forEach((button) => button.setAttribute("aria-pressed", `${button.textContent === chosen}`));
  document.querySelectorAll("[data-names]").forEach((part) =>
    part.classList.toggle("chosen", chosen !== null && JSON.parse(part.dataset.names).includes(chosen)));
  const place = byId("told");
  if (chosen === null) return place.replaceChildren(make("p", { class: "quiet" }, "Choose a name to see what it is and where it stands."));
  const name = model.names.find((one) => one.name === chosen);
  const values = model.values.filter((value) => bare(value.name) === chosen);
  const heads = model.heads.filter((head) => head.mentions.includes(chosen)).map((head) => head.where);
  const said = values.map((value) => `written by ${value.where}, in ${count(value.places.length, "column")} (${showRuns(value.places)}) ${value.after}`);
  if (!values.length && name.matrix) said.push(heads.length ? "a selector" : "a selector that no head has as it stands");
  if (!values.length && !name.matrix) said.push("no value of its own in the residual stream: whoever needs it computes it from others");
  if (heads.length) said.push(`in the selector of ${heads.join(", ")}`);
  place.replaceChildren(make("p", {}, make("b", {}, chosen), `: ${said.join("; ")}.`), ...showMeaning(page, name));
  document.querySelector("tr.chosen")?.scrollIntoView({ block: "nearest" });
}

/** What the interpreter says of a name, on the input that it was asked for. */
function showMeaning(page, name) {
  if (!page.isGiven) return [make("p", { class: "quiet" }, `What it is on this input, the interpreter was not asked; it was for ${page.model.input}.`)];
  if (name.matrix) return [heatMap(name.matrix.map((row) => row.map(Number)), page.places.slice(1), page.places.slice(1), "selects (query by key), by the interpreter")];
  return name.values ? [table(page.places.slice(1), [name.values.map(show)], "its values, by the interpreter")] : [];
}

// -- a run

function showRun(page) {
  const { tokens, ids } = readTokens(page.model, byId("input").value);
  page.run = forward(page.model, page.arrays, ids);
  if (page.model.directions) page.run.residuals = page.run.residuals.map((rows) => readDirections(rows, page.model.directions));
  page.places = ["BOS", ...tokens.map((token, p) => `${p} ${token}`)];
  page.isGiven = JSON.stringify(tokens) === JSON.stringify(page.model.tokens);
  showAnswers(page);
  showValues(page);
  showHeads(page);
  showNumbers(page);
  showChosen(page);
}

function showAnswers({ model, run, places }) {
  const outputs = model.config.outputs;
  const read = run.logits.map((rows) => rows.slice(1).map((row) => {
    const order = row.map((_, c) => c).sort((a, b) => row[b] - row[a]);
    return { best: order[0], margin: order.length > 1 ? row[order[0]] - row[order[1]] : Infinity };
  }));
  const rows = places.slice(1).map((place, p) => [place, ...read.flatMap((found, k) =>
    [show(outputs[k].classes[found[p].best]), found[p].margin.toPrecision(3)])]);
  byId("answers").replaceChildren(
    table(["position", ...outputs.flatMap((output) => [output.name, "margin"])], rows, "answers, with margins"),
    ...outputs.map((output, k) => heatMap(run.logits[k].slice(1), places.slice(1), output.classes.map(show), `logits of ${output.name} (position by class)`)));
}

function showValues({ model, run, places }) {
  const rows = model.values.map((value) => {
    const decoded = run.residuals[value.written].slice(1).map((row) => findCandidates(value, row).map(show).join(" or ") || "?");
    return [value.name, ...decoded, value.where, value.after, showRuns(value.places)];
  });
  const shown = table(["value", ...places.slice(1), "written by", "stands", wordOfPlaces(model)], rows,
    "what each value in the residual stream is at each position; ? is a number that no value has", { class: "pinned" });
  shown.querySelectorAll("tbody tr").forEach((row, k) => { row.dataset.names = JSON.stringify([bare(model.values[k].name)]); });
  byId("values").replaceChildren(shown);
}

/** What BOS does in a head. */
function explainMode(head) {
  const power = head.count_logit;
  const own = head.closed ? "" : " What BOS itself gets is read by nobody.";
  return {
    count: `Counts: BOS scores ${power} more than a selected position, so each of these gets about e^-${power} of the attention and BOS nearly all; ` +
      `their number is in what BOS does not get, which the output matrix multiplies by e^${power}. The second picture leaves BOS out, and is scaled to its largest.`,
    default: "BOS takes the attention where nothing is selected.",
    excluded: "BOS takes no attention: every position selects something.",
    divide: "Divides by a number w: BOS scores ln(2w - 1), so that one's own position gets 1 / 2w of the attention, which the output matrix doubles.",
  }[head.mode] + own;
}

function showHead(page, head) {
  const { run, places, isGiven } = page, { scores, pattern } = run.attention[head.layer][head.head];
  const tokens = places.slice(1), pictures = [heatMap(pattern, places, places, "attention (query by key)")];
  if (head.mode === "count") pictures.push(heatMap(pattern.slice(1).map((row) => row.slice(1)), tokens, tokens, "attention without BOS"));
  const ideal = isGiven && head.ideal;
  pictures.push(heatMap((ideal || readWinners(head, scores)).map((row) => row.map(Number)), tokens, tokens,
    ideal ? "what the selector selects, by the interpreter" : "what wins, by the scores"));
  return make("section", { class: "head", "data-names": JSON.stringify([...head.mentions, ...head.computes.split(", ")]) }, make("h4", {}, head.where),
    make("p", {}, make("code", {}, head.selector), ", for ", make("code", {}, head.computes)),
    make("p", { class: "quiet" }, explainMode(head)), make("div", { class: "pair" }, ...pictures));
}

function showHeads(page) {
  const layers = page.model.config.layers.map((layer, number) => [
    make("h3", {}, `Layer ${number}: ${count(layer.heads.length, "head")}, ${count(layer.d_mlp, "hidden unit")}`),
    ...page.model.heads.filter((head) => head.layer === number).map((head) => showHead(page, head))]);
  byId("heads").replaceChildren(...layers.flat());
}

function listSteps(model) {
  return ["embedding", ...model.config.layers.flatMap((_, layer) => [`heads ${layer}`, `units ${layer}`])];
}

function labelColumns(model) {
  return Array.from({ length: model.directions?.length ?? model.config.d_model }, (_, k) =>
    `${k} ${[...new Set(model.columns.filter((column) => column.column === k).map((column) => column.carries))].join(" / ")}`);
}

function showNumbers({ model, run, places }) {
  const step = Number(byId("step").value);
  byId("numbers").replaceChildren(heatMap(run.residuals[step], places, labelColumns(model), `numbers (position by ${model.directions ? "direction" : "column"}), each column by its largest`, 1));
}

// -- what is the same for every input

/** What numbers of places count. */
const wordOfPlaces = (model) => (model.directions ? "directions" : "columns");

/** Contents of columns that are alike but for the column. */
function groupColumns(model) {
  const groups = new Map();
  for (const column of model.columns) {
    const key = JSON.stringify([column.carries, column.written, column.read, column.cleared, column.written_by, column.last_read_by]);
    groups.set(key, [...(groups.get(key) ?? []), column]);
  }
  return [...groups.values()];
}

function showTimeline(model) {
  const steps = [...listSteps(model), "out"], groups = groupColumns(model);
  const body = groups.map((group) => {
    const { carries, written, read, cleared, written_by, last_read_by } = group[0];
    const cells = steps.map((step, k) => {
      if (k < written || k > cleared || (k === cleared && cleared > model.config.layers.length * 2)) return make("td");
      const mark = k === cleared ? "c" : k === written ? "w" : k === read ? "r" : "";
      const told = { w: `written by ${written_by}`, r: `last read by ${last_read_by}`, c: "cleared" }[mark] ?? (k < read ? "stands" : "stands, read by nobody any more");
      return make("td", { class: k === cleared ? "span" : k <= read ? "span live" : "span idle", title: `${carries}, ${step}: ${told}` }, mark);
    });
    const row = make("tr", { "data-names": JSON.stringify([carries]) }, make("th", { scope: "row" }, carries), ...cells,
      make("td", {}, showRuns(group.map((column) => column.column).sort((a, b) => a - b))), make("td", {}, written_by), make("td", {}, last_read_by));
    return row;
  });
  const told = "from writing (w) to the last reading (r) and clearing (c); pale: nobody reads it any more";
  const head = ["value", ...steps, wordOfPlaces(model), "written by", "last read by"].map((cell) => make("th", { scope: "col" }, cell));
  const rows = model.columns.map((column) => [`${column.column}`, column.carries, column.holds, column.at_bos === null ? "anything" : short(column.at_bos), column.written_by, column.last_read_by,
    column.error_bound ? column.error_bound.toExponential(1) : "exact"]);
  byId("timeline").replaceChildren(
    captioned(told, make("table", { class: "pinned timeline" }, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...body))));
  byId("columns").replaceChildren(table(["column", "carries", "holds for its values", "at BOS", "written by", "last read by", "off by at most"], rows, "every column"));
}

function showWeights({ model, arrays }) {
  const name = byId("array").value, matrix = arrays[name];
  // In another basis a residual column holds a bit of everything: it has a number and no name.
  const columns = model.directions ? [...Array(model.config.d_model).keys()] : labelColumns(model);
  const rows = Array.from({ length: matrix.rows }, (_, r) => matrix.data.slice(r * matrix.columns, (r + 1) * matrix.columns));
  const numbers = (size) => Array.from({ length: size }, (_, k) => `${k}`);
  const tokens = [...model.config.vocabulary.map(show), "BOS"], output = name.match(/^unembeddings\.(\d+)/);
  const left = name === "embedding.tokens" ? tokens : name === "embedding.positions" ? ["BOS", ...numbers(matrix.rows - 1)]
    : /\.(query|key|value|up|weight)$/.test(name) ? columns : numbers(matrix.rows);
  const top = output ? model.config.outputs[output[1]].classes.map(show)
    : /(\.output|\.down|^embedding\..*)$/.test(name) ? columns : numbers(matrix.columns);
  const most = rows.reduce((sum, row) => row.reduce((one, value) => Math.max(one, Math.abs(value)), sum), 0);
  byId("weights").replaceChildren(heatMap(rows, left, top, `${name}: ${matrix.rows} by ${matrix.columns}, largest ${short(most)}`, name.startsWith("embedding") ? 0 : null));
}

function showCertificate({ certificate }) {
  const bound = (number) => (number ? number.toExponential(1) : "exact");
  const margin = (number) => (number >= 1e300 ? "any" : number.toPrecision(3));
  byId("certificate").replaceChildren(
    table(["value", "off by at most"], certificate.values.map((row) => [row.value, bound(row.bound)]), "values"),
    table(["decision", "of", "margin", "error at most"], certificate.decisions.map((row) =>
      [row.decision, row.of, margin(row.margin), bound(row.error_bound)]), "decisions: each margin is above its error"));
}

function fill(id, options, change) {
  byId(id).replaceChildren(...options.map(([value, text]) => make("option", { value }, text)));
  byId(id).addEventListener("change", change);
}

function start() {
  const model = JSON.parse(byId("model").textContent);
  const page = { model, arrays: openArrays(model), chosen: null };
  const input = byId("input"), problem = byId("problem");
  const update = () => {
    try {
      showRun(page);
      problem.textContent = "";
    } catch (error) {
      problem.textContent = `${error.message}. Below is still the last input.`;
    }
    input.setAttribute("aria-invalid", `${problem.textContent !== ""}`);
  };
  byId("summary").textContent = model.summary;
  byId("takes").textContent = `1 to ${model.config.max_length} of ${model.config.vocabulary.map(show).join(" ")}`;
  input.value = model.input;
  input.addEventListener("input", update);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|SELECT)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      input.select();
    }
  });
  fill("step", listSteps(model).map((step, k) => [k, `after ${step}`]), () => showNumbers(page));
  fill("array", Object.keys(page.arrays).map((name) => [name, name]), () => showWeights(page));
  showSource(page);
  showTimeline(model);
  showWeights(page);
  showCertificate(model);
  update();
}

document.addEventListener("DOMContentLoaded", start);
