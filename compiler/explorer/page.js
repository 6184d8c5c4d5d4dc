"use strict";
// The decoder again, in float32 as the model has it, and the page that shows it. Shapes: p positions, d columns.

const f = Math.fround;

function decodeNumbers(text, double) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return double ? new Float64Array(bytes.buffer) : new Float32Array(bytes.buffer);
}

/** The arrays of a model, by name: {shape: [rows, columns], data}. */
function openArrays(model) {
  const found = {};
  for (const [name, { shape, data, double }] of Object.entries(model.arrays))
    found[name] = { rows: shape.length > 1 ? shape[0] : 1, columns: shape[shape.length - 1], data: decodeNumbers(data, double) };
  return found;
}

/** x (p, d) times an array (d, n), in float32. */
function multiply(x, matrix) {
  return x.map((row) => {
    const sums = new Float32Array(matrix.columns);
    for (let k = 0; k < matrix.rows; k++) {
      if (row[k] === 0) continue;
      for (let n = 0; n < matrix.columns; n++) sums[n] = f(sums[n] + f(row[k] * matrix.data[k * matrix.columns + n]));
    }
    return sums;
  });
}

const add = (x, y) => x.map((row, p) => row.map((value, k) => f(value + y[p][k])));

function softmax(scores) {
  const most = Math.max(...scores);
  const shares = scores.map((score) => f(Math.exp(score - most)));
  const total = shares.reduce((sum, share) => f(sum + share), 0);
  return shares.map((share) => f(share / total));
}

/** One head: {pattern (q, t), added (p, d)}. */
function attend(arrays, name, x, causal) {
  const [query, key, value] = ["query", "key", "value"].map((part) => multiply(x, arrays[`${name}.${part}`]));
  const pattern = query.map((q, i) =>
    softmax(key.map((k, j) => (causal && j > i ? -Infinity : q.reduce((sum, a, c) => f(sum + f(a * k[c])), 0)))));
  const mixed = pattern.map((row) =>
    value[0].map((_, c) => row.reduce((sum, share, j) => f(sum + f(share * value[j][c])), 0)));
  return { pattern, added: multiply(mixed, arrays[`${name}.output`]) };
}

/** Everything for ids, BOS first: residuals [step](p, d), patterns [layer][head](q, t), logits [output](p, class). */
function forward(model, arrays, ids) {
  const positions = arrays["embedding.positions"], d = model.config.d_model;
  const row = (matrix, number) => matrix.data.slice(number * d, (number + 1) * d);
  let x = ids.map((id, p) => {
    const token = row(arrays["embedding.tokens"], id);
    return positions ? token.map((value, k) => f(value + positions.data[p * d + k])) : token;
  });
  const residuals = [x], patterns = [];
  model.config.layers.forEach((layer, number) => {
    const heads = layer.heads.map((_, h) =>
      attend(arrays, `layers.${number}.attention.heads.${h}`, x, model.config.attention === "causal"));
    patterns.push(heads.map((head) => head.pattern));
    if (heads.length) x = add(x, heads.map((head) => head.added).reduce(add));
    residuals.push(x);
    if (layer.d_mlp) {
      const [up, bias, down] = ["up", "bias", "down"].map((part) => arrays[`layers.${number}.mlp.${part}`]);
      const hidden = multiply(x, up).map((units) => units.map((value, u) => Math.max(0, f(value + bias.data[u]))));
      x = add(x, multiply(hidden, down));
    }
    residuals.push(x);
  });
  const logits = model.config.outputs.map((_, k) => {
    const weight = arrays[`unembeddings.${k}.weight`], bias = arrays[`unembeddings.${k}.bias`];
    return x.map((values) => Array.from({ length: weight.columns }, (_, c) =>
      values.reduce((sum, value, j) => sum + value * weight.data[j * weight.columns + c], bias.data[c])));
  });
  return { residuals, patterns, logits };
}

/** The values that numbers of a position may stand for. */
function findCandidates(value, residual) {
  return value.values.filter((_, k) => value.places.every((place, c) =>
    Math.abs(residual[place] - value.vectors[k][c]) <= value.bounds[c] + 1e-9 * (1 + Math.abs(value.vectors[k][c]))))
    .filter((found, k, all) => all.findIndex((other) => show(other) === show(found)) === k);
}

/** The tokens in a text: a JSON list, or its characters. Throws an Error with what is wrong. */
function readTokens(model, text) {
  let tokens = [...text];
  if (text.trimStart().startsWith("[")) {
    try { tokens = JSON.parse(text); } catch { /* its characters, then */ }
  }
  if (!tokens.length) throw new Error("give at least one token");
  if (tokens.length > model.config.max_length)
    throw new Error(`${tokens.length} tokens; this model takes at most ${model.config.max_length}`);
  const ids = tokens.map((token) => model.config.vocabulary.findIndex((known) => known === token));
  const wrong = ids.indexOf(-1);
  if (wrong >= 0) throw new Error(`${show(tokens[wrong])} at position ${wrong} is not in the vocabulary ${model.config.vocabulary.map(show).join(", ")}`);
  return { tokens, ids: [model.config.bos, ...ids] };
}

function show(value) {
  return value === null ? "no value" : JSON.stringify(value);
}

// -- the page

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function table(head, rows, caption) {
  const cells = (row, tag) => make("tr", {}, ...row.map((cell) => make(tag, tag === "th" ? { scope: "col" } : {}, cell)));
  return make("div", { class: "scroll" }, make("table", {}, ...(caption ? [make("caption", {}, caption)] : []),
    make("thead", {}, cells(head, "th")), make("tbody", {}, ...rows.map((row) => cells(row, "td")))));
}

/** A matrix as coloured cells with labelled axes; numbers are told by the cell's title. */
function heatMap(matrix, rowLabels, columnLabels, caption) {
  const most = Math.max(1e-30, ...matrix.map((row) => Math.max(...Array.from(row, Math.abs))));
  const head = make("tr", {}, make("td"), ...columnLabels.map((label) => make("th", { scope: "col", title: label }, label)));
  const body = matrix.map((row, r) => make("tr", {}, make("th", { scope: "row", title: rowLabels[r] }, rowLabels[r]),
    ...Array.from(row, (value, c) => make("td", {
      class: value < 0 ? "cell minus" : "cell",
      style: `--share:${(Math.sqrt(Math.abs(value) / most) * 100).toFixed(1)}%`,
      title: `${rowLabels[r]}, ${columnLabels[c]}: ${Number(value.toPrecision(6))}`,
    }))));
  return make("figure", {}, make("figcaption", {}, caption), make("div", { class: "scroll" }, make("table", { class: "map" }, head, ...body)));
}

function showSource(model, choose) {
  const names = new Set(model.values.map((value) => value.name.replace(/ \(.*\)$/, "")));
  const pieces = model.source.split(/([A-Za-z_]\w*)/).map((word) => {
    if (!names.has(word)) return word;
    const button = make("button", { type: "button", class: "name" }, word);
    button.addEventListener("click", () => choose(word));
    return button;
  });
  document.getElementById("source").replaceChildren(...pieces);
}

function showRun(model, arrays, text) {
  const { tokens, ids } = readTokens(model, text);
  const run = forward(model, arrays, ids);
  const places = ["BOS", ...tokens.map((token, p) => `${p} ${show(token)}`)];
  const answers = model.config.outputs.map((output, k) => {
    const best = run.logits[k].slice(1).map((row) => {
      const order = row.map((_, c) => c).sort((a, b) => row[b] - row[a]);
      return { value: output.classes[order[0]], margin: order.length > 1 ? row[order[0]] - row[order[1]] : Infinity };
    });
    return table(["position", output.name, "margin"], best.map(({ value, margin }, p) => [places[p + 1], show(value), margin.toPrecision(3)]));
  });
  document.getElementById("answers").replaceChildren(...answers);
  const logits = model.config.outputs.map((output, k) =>
    heatMap(run.logits[k].slice(1), places.slice(1), output.classes.map(show), `logits of ${output.name}`));
  document.getElementById("logits").replaceChildren(...logits);
  const given = JSON.stringify(tokens) === JSON.stringify(model.tokens);
  const heads = model.heads.map((head) => {
    const real = heatMap(run.patterns[head.layer][head.head], places, places, `attention (query by key)`);
    const ideal = given && head.ideal
      ? heatMap(head.ideal.map((row) => row.map(Number)), places.slice(1), places.slice(1), "what the selector selects")
      : make("p", { class: "quiet" }, "What the selector selects is known for the input of the report only.");
    return make("section", { class: "head", "data-names": head.computes }, make("h3", {}, head.where),
      make("p", {}, `${head.selector}, for ${head.computes}`), make("div", { class: "pair" }, real, ideal));
  });
  document.getElementById("heads").replaceChildren(...heads);
  const values = model.values.map((value) => {
    const decoded = run.residuals[value.written].slice(1).map((row) => findCandidates(value, row).map(show).join(" or ") || "?");
    return [value.name, value.where, value.after, value.places.join(", "), ...decoded];
  });
  const shown = table(["value", "written by", "stands", "columns", ...places.slice(1)], values);
  shown.querySelectorAll("tbody tr").forEach((row, k) => row.setAttribute("data-names", model.values[k].name));
  document.getElementById("values").replaceChildren(shown);
}

function showColumns(model) {
  const steps = ["embedding", ...model.config.layers.flatMap((_, layer) => [`heads ${layer}`, `units ${layer}`]), "out"];
  const rows = model.columns.map((column) => [`${column.column}`, column.carries, column.holds, column.written_by, column.last_read_by,
    column.error_bound ? column.error_bound.toExponential(1) : "exact"]);
  document.getElementById("columns").replaceChildren(
    table(["column", "carries", "holds for its values", "written by", "last read by", "off by at most"], rows),
    heatMap(model.columns.map((column) => steps.map((_, step) => (step >= column.written && step < column.cleared ? (step <= column.read ? 1 : 0.1) : 0))),
      model.columns.map((column) => `${column.column} ${column.carries}`), steps, "from writing to clearing; pale: nobody reads it any more"));
}

function showWeights(model, arrays) {
  const chooser = document.getElementById("array"), place = document.getElementById("weights");
  const names = Object.keys(arrays);
  chooser.replaceChildren(...names.map((name) => make("option", { value: name }, name)));
  const columns = Array.from({ length: model.config.d_model }, (_, k) =>
    `${k} ${[...new Set(model.columns.filter((column) => column.column === k).map((column) => column.carries))].join(" / ")}`);
  const axis = (size, count) => (count ? columns : Array.from({ length: size }, (_, k) => `${k}`));
  const draw = () => {
    const name = chooser.value, matrix = arrays[name];
    const rows = Array.from({ length: matrix.rows }, (_, r) => matrix.data.slice(r * matrix.columns, (r + 1) * matrix.columns));
    const tokens = name === "embedding.tokens" ? [...model.config.vocabulary.map(show), "BOS"] : null;
    const left = tokens ?? axis(matrix.rows, /\.(query|key|value|up|weight)$/.test(name));
    const output = name.match(/^unembeddings\.(\d+)/);
    const top = output ? model.config.outputs[output[1]].classes.map(show) : axis(matrix.columns, /(\.output|\.down|^embedding\..*)$/.test(name));
    place.replaceChildren(heatMap(rows, left, top, name));
  };
  chooser.addEventListener("change", draw);
  draw();
}

function showCertificate(model) {
  document.getElementById("certificate").replaceChildren(
    table(["value", "off by at most"], model.certificate.values.map((row) => [row.value, row.bound.toExponential(1)]), "values"),
    table(["decision", "of", "margin", "error at most"], model.certificate.decisions.map((row) =>
      [row.decision, row.of, row.margin.toPrecision(3), row.error_bound.toExponential(1)]), "decisions: each margin is above its error"));
}

function choose(name) {
  document.querySelectorAll("[data-names]").forEach((part) => {
    part.classList.toggle("chosen", part.getAttribute("data-names").split(", ").some((one) => one.replace(/ \(.*\)$/, "") === name));
  });
  document.querySelector(".chosen")?.scrollIntoView({ block: "nearest" });
}

function start() {
  const model = JSON.parse(document.getElementById("model").textContent), arrays = openArrays(model);
  const input = document.getElementById("input"), problem = document.getElementById("problem");
  const update = () => {
    try {
      showRun(model, arrays, input.value);
      problem.textContent = "";
    } catch (error) {
      problem.textContent = error.message;
    }
  };
  document.getElementById("summary").textContent = model.summary;
  input.value = model.input;
  input.addEventListener("input", update);
  showSource(model, choose);
  showColumns(model);
  showWeights(model, arrays);
  showCertificate(model);
  update();
}

if (typeof document === "undefined") module.exports = { openArrays, forward, readTokens, findCandidates };
else document.addEventListener("DOMContentLoaded", start);
