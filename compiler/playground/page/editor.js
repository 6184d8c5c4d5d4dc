// The editor: CodeMirror, with colours, complaints, completion and hover from the server's language features.

import {
  Decoration, EditorState, EditorView, StateEffect, StateField, autocompletion, bracketMatching, closeBrackets, closeBracketsKeymap,
  completionKeymap, defaultKeymap, drawSelection, highlightActiveLine, history, historyKeymap, hoverTooltip, keymap, lineNumbers,
  lintGutter, lintKeymap, setDiagnostics,
} from "./codemirror.js";
import { ask } from "./ask.js";
import { make } from "./make.js";

const setColours = StateEffect.define();
/** Colours move with the text until the server has new ones. */
const colours = StateField.define({
  create: () => Decoration.none,
  update(found, transaction) {
    let moved = found.map(transaction.changes);
    for (const effect of transaction.effects) if (effect.is(setColours)) moved = effect.value;
    return moved;
  },
  provide: (field) => EditorView.decorations.from(field),
});
const KINDS = { field: "property", folder: "namespace", file: "text" };

const offsetOf = (doc, line, column) => {
  const found = doc.line(Math.min(line + 1, doc.lines));
  return Math.min(found.from + column, found.to);
};

function placeOf(state, offset) {
  const line = state.doc.lineAt(offset);
  return { line: line.number - 1, column: offset - line.from };
}

/** Markdown as the server writes it: blocks of code, paragraphs, `code` and *emphasis*. */
function explain(text) {
  const blocks = text.split(/```\w*\n([\s\S]*?)\n```/).map((part, k) => {
    if (k % 2) return make("pre", {}, part);
    const plain = part.trim().replace(/\\([\\`*_{}[\]<>#|])/g, "$1").replace(/(^|\n)\*([^*]+)\*/g, "$1$2").replaceAll("`", "");
    return plain ? make("p", { style: "white-space: pre-line" }, plain) : "";
  });
  return make("div", { class: "hover" }, ...blocks);
}

/** An editor in `parent`. `question` gives what every question needs beside its own fields; `changed` is called as one types. */
export function makeEditor(parent, question, changed) {
  const complete = async (context) => {
    const word = context.matchBefore(/\w*/);
    const before = context.state.sliceDoc(Math.max(0, word.from - 1), word.from);
    if (!context.explicit && word.from === word.to && !'"/#'.includes(before || " ")) return null;
    const { items } = await ask("complete", { ...question(), ...placeOf(context.state, context.pos) });
    const sorted = items.toSorted((a, b) => (a.sort < b.sort ? -1 : 1));
    const options = sorted.map((item, k) => ({
      label: item.label,
      type: KINDS[item.kind] ?? item.kind,
      detail: item.detail,
      info: item.documentation || undefined,
      apply: item.insert,
      boost: Math.max(-99, 99 - k),
    }));
    return { from: word.from, options, validFor: /^\w*$/ };
  };
  const hover = async (view, offset) => {
    const { text } = await ask("hover", { ...question(), ...placeOf(view.state, offset) });
    return text ? { pos: offset, above: true, create: () => ({ dom: explain(text) }) } : null;
  };
  const quietly = (question) => (...given) => question(...given).catch(() => null);
  const extensions = [
    lineNumbers(), lintGutter(), history(), drawSelection(), highlightActiveLine(), bracketMatching(), closeBrackets(), colours,
    autocompletion({ override: [quietly(complete)] }), hoverTooltip(quietly(hover)), EditorView.lineWrapping,
    keymap.of([...closeBracketsKeymap, ...completionKeymap, ...lintKeymap, ...historyKeymap, ...defaultKeymap]),
    EditorView.contentAttributes.of({ "aria-label": "Program" }),
    EditorView.updateListener.of((update) => update.docChanged && changed()),
  ];
  const view = new EditorView({ parent, state: EditorState.create({ extensions }) });
  return {
    text: () => view.state.doc.toString(),
    /** Another text, with nothing to undo. */
    replace(text) {
      view.setState(EditorState.create({ doc: text, extensions }));
      changed();
    },
    /** The same text, laid out. */
    rewrite: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
    colour(found) {
      const { doc } = view.state;
      const marks = found.filter(([, , length]) => length > 0).map(([line, column, length, kind]) => {
        const from = offsetOf(doc, line, column);
        return Decoration.mark({ class: kind.split(" ").map((word) => `t-${word}`).join(" ") }).range(from, from + length);
      });
      view.dispatch({ effects: setColours.of(Decoration.set(marks, true)) });
    },
    complain(problems) {
      const { doc } = view.state;
      const found = problems.filter((problem) => problem.range).map((problem) => ({
        from: offsetOf(doc, problem.range[0], problem.range[1]),
        to: offsetOf(doc, problem.range[2], problem.range[3]),
        severity: problem.severity,
        message: [problem.message, ...problem.notes, ...(problem.hint ? [`hint: ${problem.hint}`] : [])].join("\n"),
      }));
      view.dispatch(setDiagnostics(view.state, found));
    },
    show(line, column = 0) {
      const offset = offsetOf(view.state.doc, line, column);
      view.dispatch({ selection: { anchor: offset }, effects: EditorView.scrollIntoView(offset, { y: "center" }) });
      view.focus();
    },
    focus: () => view.focus(),
  };
}
