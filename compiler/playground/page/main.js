// The page: what is shown is said by the part of the address behind `#`; what is typed is kept in this browser.

import { ask } from "./ask.js";
import { noteChange, offerExpressions, resetOptions, watchCompile } from "./compile.js";
import { makeEditor } from "./editor.js";
import { redrawGallery, showGallery } from "./gallery.js";
import { findLesson, hideLesson, showLesson, showLessons } from "./lessons.js";
import { find, make, refusalOf, svgOf, toast } from "./make.js";
import { openLink, packLink } from "./share.js";
import { isDark, watchTheme } from "./theme.js";
import { showProblems, showValues } from "./values.js";

const FIRST = `# How often does each token occur?
same = select(tokens, tokens, ==);
how_often = selector_width(same);

# And the input backwards:
opposite = select(indices, length - 1 - indices, ==);
reverse = aggregate(opposite, tokens);
`;
const PAUSE = 120;
/** What is in the editor: `key` is the name of its draft, `home` the program of the gallery that it began as, if it did;
 * `lesson` the lesson at hand, if there is one; `original` what it began as; `from` the link that it came by. */
let opened = null;
let looking = false, again = false, timer = 0, check = () => {};
/** The name whose picture was asked for; without one, the last name of the program is drawn. */
let wished = "";

const editor = makeEditor(find("editor"), question, changed);

function question() {
  return { text: editor.text(), input: find("input").value, attention: find("attention").value, home: opened?.home ?? "" };
}

function changed() {
  clearTimeout(timer);
  timer = setTimeout(look, PAUSE);
}

/** Ask what the program is now; while one question is on its way, at most one more waits. */
async function look() {
  if (looking) {
    again = true;
    return;
  }
  looking = true;
  find("values").classList.add("stale");
  const asked = question();
  if (!find("start").disabled) noteChange(asked.text);
  keepDraft();
  try {
    const found = await ask("look", asked);
    if (asked.text === editor.text()) {
      editor.colour(found.colours);
      editor.complain(found.problems);
    }
    showProblems(found.problems, editor.show);
    showValues(found, drawNamed);
    offerExpressions(found);
    offerPictures(found);
    const errors = found.problems.filter((problem) => problem.severity === "error").length;
    find("status").textContent = errors ? `${errors} mistake${errors > 1 ? "s" : ""}` : "";
    find("status").className = errors ? "problem" : "";
  } catch (error) {
    find("values").replaceChildren(refusalOf(error));
  }
  find("values").classList.remove("stale");
  looking = false;
  if (again) {
    again = false;
    look();
  }
}

// -- pictures

function offerPictures(found) {
  const names = found.values.filter((value) => (value.cells || value.rows) && !value.problem).map((value) => value.name);
  const chosen = names.includes(wished) ? wished : names.at(-1);
  find("drawn").replaceChildren(...names.map((name) => make("option", { value: name, selected: name === chosen }, name)));
  if (!find("picture").hidden) drawChosen();
}

async function drawChosen() {
  const expression = find("drawn").value;
  if (!expression) {
    find("drawing").replaceChildren(make("p", { class: "hint" }, "There is nothing to draw yet."));
    return;
  }
  try {
    const { svg } = await ask("draw", { ...question(), expression, dark: isDark() });
    find("drawing").replaceChildren(svgOf(svg));
  } catch (error) {
    find("drawing").replaceChildren(refusalOf(error));
  }
}

function drawNamed(name) {
  wished = find("drawn").value = name;
  showTab("picture");
}

const TABS = ["values", "picture", "compile"];

function showTab(name) {
  for (const tab of TABS) {
    find(tab).hidden = tab !== name;
    find(`tab-${tab}`).setAttribute("aria-selected", `${tab === name}`);
    find(`tab-${tab}`).tabIndex = tab === name ? 0 : -1;
  }
  if (name === "picture") drawChosen();
}

for (const [k, tab] of TABS.entries()) {
  find(`tab-${tab}`).addEventListener("click", () => showTab(tab));
  find(`tab-${tab}`).addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = TABS[(k + step + TABS.length) % TABS.length];
    showTab(next);
    find(`tab-${next}`).focus();
  });
}

// -- views

const draftOf = (key) => JSON.parse(localStorage.getItem(`draft:${key}`) ?? "null");

function keepDraft() {
  if (opened) localStorage.setItem(`draft:${opened.key}`, JSON.stringify({ ...question(), from: opened.from }));
}

/** Something else in the editor, as it was left, or as it begins. */
function openDraft(key, original, { home = "", lesson = null, from = "" } = {}) {
  if (opened?.key === key && opened.from === from) return;
  keepDraft();
  opened = { key, home, lesson, original, from };
  if (lesson) check = showLesson(lesson, PAGE);
  else hideLesson();
  const draft = draftOf(key);
  open(draft?.from === from ? draft : original);
}

function open(program) {
  wished = "";
  showTab("values");
  find("input").value = program.input ?? "hello";
  find("attention").value = program.attention ?? "full";
  resetOptions();
  editor.replace(program.text);
}

function showView(name) {
  for (const view of document.querySelectorAll(".view")) view.hidden = view.id !== name;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

const PAGE = {
  question,
  replace: (text) => editor.rewrite(text),
  tryInput(text) {
    find("input").value = text;
    showTab("values");
    look();
  },
};

/** What stands behind the `#`: a view, a lesson, a program of the gallery, or a program itself. */
async function follow() {
  const fragment = decodeURIComponent(location.hash.slice(1));
  if (fragment === "gallery" || fragment === "lessons") {
    showView(fragment);
    await (fragment === "gallery" ? showGallery() : showLessons());
    return;
  }
  showView("write");
  scrollTo(0, 0);
  const shared = await openLink(fragment);
  const lesson = await findLesson(fragment.startsWith("lesson/") ? fragment.slice(7) : (shared?.lesson ?? ""));
  if (shared) {
    openDraft("shared", shared, { home: shared.home, lesson, from: fragment });
  } else if (lesson) {
    openDraft(fragment, { text: lesson.start, input: lesson.input, attention: lesson.attention }, { lesson });
  } else if (fragment.startsWith("programs/")) {
    openDraft(fragment, await ask("program", { name: fragment }), { home: fragment });
  } else {
    openDraft("", { text: FIRST });
    if (fragment && fragment !== "write") toast("There is nothing at this address: a link may have been cut off.");
  }
}

const followSafely = () => follow().catch((error) => toast(error.message));

// -- buttons

find("input").addEventListener("input", changed);
find("attention").addEventListener("change", look);
find("drawn").addEventListener("change", () => drawNamed(find("drawn").value));
find("format").addEventListener("click", async () => {
  try {
    editor.rewrite((await ask("format", question())).text);
  } catch {
    toast("A program with mistakes is not laid out.");
  }
});
find("restart").addEventListener("click", () => open(opened.original));
find("share").addEventListener("click", async () => {
  const fragment = await packLink({ ...question(), lesson: opened.lesson?.name ?? "" });
  history.replaceState(null, "", `#${fragment}`);
  try {
    await navigator.clipboard.writeText(location.href);
    toast("The link is copied. It holds the program itself: whoever opens it has it in their own playground.");
  } catch {
    toast("The address above holds the program: copy it.");
  }
});
addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && opened.lesson) {
    event.preventDefault();
    check();
  }
}, true);

watchTheme(() => {
  redrawGallery();
  if (!find("picture").hidden) drawChosen();
});
watchCompile(question);
addEventListener("hashchange", followSafely);
followSafely();
