// The programs that come with the language, with pictures that are drawn when they come into view.

import { ask } from "./ask.js";
import { find, make, refusalOf } from "./make.js";
import { isDark } from "./theme.js";

const titleOf = (name) => name.split("/").at(-1).replaceAll("_", " ");
const groupOf = (name) => name.split("/").at(-2);

/** Fill the gallery, once. */
export async function showGallery() {
  const place = find("gallery");
  if (place.childElementCount) return;
  let programs;
  try {
    ({ programs } = await ask("gallery"));
  } catch (error) {
    place.replaceChildren(refusalOf(error));
    return;
  }
  const search = make("input", { id: "search", type: "search", placeholder: "Search", "aria-label": "Search the programs" });
  const groups = [...new Set(programs.map(({ name }) => groupOf(name)))].map((group) => {
    const cards = programs.filter(({ name }) => groupOf(name) === group).map(cardOf);
    return make("section", {}, make("h2", {}, group), make("ul", { class: "list" }, ...cards));
  });
  search.addEventListener("input", () => {
    for (const group of groups) {
      const items = [...group.querySelectorAll("li")];
      for (const item of items) item.hidden = !item.textContent.toLowerCase().includes(search.value.trim().toLowerCase());
      group.hidden = items.every((item) => item.hidden);
    }
  });
  place.replaceChildren(make("p", {}, search), ...groups);
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting) {
        seen.unobserve(target);
        drawShot(target);
      }
    }
  }, { rootMargin: "200px" });
  for (const shot of place.querySelectorAll(".shot")) seen.observe(shot);
}

function cardOf({ name, about }) {
  return make("li", {}, make("a", { class: "card", href: `#${name}` },
    make("div", { class: "shot", "data-name": name }), make("b", {}, titleOf(name)), make("p", {}, about)));
}

let queue = Promise.resolve();

/** Draw one picture, after those that were asked for before. */
function drawShot(shot) {
  queue = queue.then(async () => {
    try {
      const { svg } = await ask("picture", { name: shot.dataset.name, dark: isDark() });
      shot.replaceChildren(make("img", { alt: "", src: `data:image/svg+xml,${encodeURIComponent(svg)}` }));
    } catch (error) {
      shot.replaceChildren(refusalOf(error));
    }
  });
}

/** Draw again what is drawn, in the other colours. */
export function redrawGallery() {
  for (const image of find("gallery").querySelectorAll(".shot img")) drawShot(image.parentElement);
}
