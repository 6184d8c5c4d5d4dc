// The lessons: a list, and the one at hand above the editor. What is solved stays so in this browser.

import { ask } from "./ask.js";
import { find, make, proseOf, refusalOf } from "./make.js";

let lessons = [];
const solved = () => new Set(JSON.parse(localStorage.getItem("solved") ?? "[]"));

async function loadLessons() {
  if (!lessons.length) ({ lessons } = await ask("lessons"));
  return lessons;
}

/** The list of all lessons. */
export async function showLessons() {
  try {
    await loadLessons();
  } catch (error) {
    find("lessons").replaceChildren(refusalOf(error));
    return;
  }
  const done = solved();
  const cards = lessons.map((lesson, k) => make("li", {}, make("a", { class: "card", href: `#lesson/${lesson.name}` },
    ...(done.has(lesson.name) ? [make("span", { class: "done", title: "solved" }, "✓")] : []),
    make("b", {}, `${k + 1}. ${lesson.title}`), make("p", {}, ...proseOf(lesson.story.at(-1))))));
  find("lessons").replaceChildren(
    make("h2", {}, "Twelve puzzles, from counting to induction".replace("Twelve", `${lessons.length}`)),
    make("p", {}, `Each is a few lines long. An answer is checked on hundreds of hidden inputs. ${done.size} of ${lessons.length} solved.`),
    make("ol", { class: "list" }, ...cards));
}

/** A lesson by its name; null if there is none. */
export async function findLesson(name) {
  return name && (await loadLessons()).find((lesson) => lesson.name === name) || null;
}

export function hideLesson() {
  find("lesson").hidden = true;
}

/** Show a lesson above the editor. `page` offers `question()`, `replace(text)`, `tryInput(text)`. */
export function showLesson(lesson, page) {
  const number = lessons.indexOf(lesson), next = lessons[number + 1];
  const hints = make("ol", { class: "hints" }), verdict = make("div", { id: "verdict", role: "status" });
  const more = make("button", { type: "button", onclick: showHint }, "Hint");
  let told = 0;
  function showHint() {
    if (told < lesson.hints.length) hints.append(make("li", {}, ...proseOf(lesson.hints[told++])));
    else page.replace(lesson.solution);
    more.textContent = told < lesson.hints.length ? "Another hint" : "Show a solution";
  }
  async function check() {
    try {
      showVerdict(await ask("check", { ...page.question(), lesson: lesson.name }));
    } catch (error) {
      verdict.className = "";
      verdict.replaceChildren(refusalOf(error));
    }
  }
  function showVerdict(found) {
    verdict.className = found.solved ? "solved" : "";
    if (found.solved) {
      localStorage.setItem("solved", JSON.stringify([...solved().add(lesson.name)]));
      const on = next
        ? make("a", { href: `#lesson/${next.name}` }, `Next: ${next.title} →`)
        : make("span", {}, "That was the last one. The gallery has more programs, and Write an empty page.");
      verdict.replaceChildren(make("p", {}, found.message), on);
      return;
    }
    const rows = [["input", found.input], ["wanted", found.wanted], ["yours", found.got]];
    verdict.replaceChildren(make("p", {}, found.message),
      make("dl", {}, ...rows.flatMap(([name, text]) => [make("dt", {}, name), make("dd", {}, text)])),
      make("button", { type: "button", onclick: () => page.tryInput(found.input) }, "Try this input"));
  }
  const step = (to, text) => (to ? make("a", { href: `#lesson/${to.name}` }, text) : make("span"));
  find("lesson").replaceChildren(
    make("p", { class: "where" }, step(lessons[number - 1], "← previous"),
      make("span", {}, `lesson ${number + 1} of ${lessons.length}`), step(next, "next →")),
    make("h2", {}, lesson.title),
    ...lesson.story.map((paragraph) => make("p", {}, ...proseOf(paragraph))),
    hints,
    make("div", { class: "bar" },
      make("button", { type: "button", class: "primary", id: "check", onclick: check }, "Check"), more),
    verdict);
  find("lesson").hidden = false;
  return check;
}
