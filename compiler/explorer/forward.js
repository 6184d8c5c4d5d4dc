"use strict";
// The decoder again, in the arithmetic that the model has. Shapes: p positions, d columns, q queries, t keys.

let f = Math.fround;
let Sums = Float32Array;

function decodeNumbers(text, double) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return double ? new Float64Array(bytes.buffer) : new Float32Array(bytes.buffer);
}

/** The arrays of a model, by name: {shape: [rows, columns], data}. */
function openArrays(model) {
  const double = model.config.dtype === "float64";
  f = double ? (x) => x : Math.fround;
  Sums = double ? Float64Array : Float32Array;
  const found = {};
  for (const [name, { shape, data, double }] of Object.entries(model.arrays))
    found[name] = { rows: shape.length > 1 ? shape[0] : 1, columns: shape[shape.length - 1], data: decodeNumbers(data, double) };
  return found;
}

/** x (p, d) times an array (d, n). */
function multiply(x, matrix) {
  return x.map((row) => {
    const sums = new Sums(matrix.columns);
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

/** One head: {scores (q, t), pattern (q, t), added (p, d)}. */
function attend(arrays, name, x, causal) {
  const [query, key, value] = ["query", "key", "value"].map((part) => multiply(x, arrays[`${name}.${part}`]));
  const scores = query.map((q, i) =>
    key.map((k, j) => (causal && j > i ? -Infinity : q.reduce((sum, a, c) => f(sum + f(a * k[c])), 0))));
  const pattern = scores.map(softmax);
  const mixed = pattern.map((row) =>
    value[0].map((_, c) => row.reduce((sum, share, j) => f(sum + f(share * value[j][c])), 0)));
  return { scores, pattern, added: multiply(mixed, arrays[`${name}.output`]) };
}

/** Everything for ids, BOS first: residuals [step](p, d), heads [layer][head], logits [output](p, class). */
function forward(model, arrays, ids) {
  const positions = arrays["embedding.positions"], d = model.config.d_model;
  const row = (matrix, number) => matrix.data.slice(number * d, (number + 1) * d);
  let x = ids.map((id, p) => {
    const token = row(arrays["embedding.tokens"], id);
    return positions ? token.map((value, k) => f(value + positions.data[p * d + k])) : token;
  });
  const residuals = [x], attention = [];
  model.config.layers.forEach((layer, number) => {
    const heads = layer.heads.map((_, h) =>
      attend(arrays, `layers.${number}.attention.heads.${h}`, x, model.config.attention === "causal"));
    attention.push(heads);
    if (heads.length) x = add(x, heads.map((head) => head.added).reduce(add));
    residuals.push(x);
    if (layer.d_mlp) {
      const [up, bias, down] = ["up", "bias", "down"].map((part) => arrays[`layers.${number}.mlp.${part}`]);
      const hidden = multiply(x, up).map((units) => units.map((value, u) => Math.max(0, f(value + bias.data[u]))));
      x = add(x, multiply(hidden, down));
    }
    residuals.push(x);
  });
  const logits = model.config.outputs.map((output, k) => {
    const weight = arrays[`unembeddings.${k}.weight`], bias = arrays[`unembeddings.${k}.bias`];
    const read = x.map((values) => Array.from({ length: weight.columns }, (_, c) =>
      values.reduce((sum, value, j) => sum + value * weight.data[j * weight.columns + c], bias.data[c])));
    return output.nearest ? read.map(([number]) => output.classes.map((v) => 2 * number * v - v * v)) : read;
  });
  return { residuals, attention, logits };
}

/**
 * Which tokens win at each query (q, t), BOS left out: those with the highest score, unless BOS has a higher one. Where a
 * head counts, all selected ones do; they score alike, a known number below BOS. Where it divides, one's own position does.
 */
function readWinners(head, scores) {
  return scores.slice(1).map(([bos, ...others]) => {
    const near = Math.max(...others) - head.apart / 2;
    const least = { default: Math.max(bos, near), excluded: near, divide: near, count: bos - head.count_logit - head.apart / 2 }[head.mode];
    return others.map((score) => score > least);
  });
}

/** What stands in rows (p, d) along directions (column, d). */
function readDirections(rows, directions) {
  return rows.map((row) => directions.map((direction) => direction.reduce((sum, share, k) => sum + share * row[k], 0)));
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

if (typeof document === "undefined") module.exports = { openArrays, forward, readWinners, readTokens, findCandidates, readDirections };
