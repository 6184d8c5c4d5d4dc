// The page without a server: what can be answered beforehand, is; all else is refused, and says where it is answered.

/** Why there is no answer: `diagnostics` as the command line's --json has them. */
export class Refusal extends Error {
  constructor(diagnostics) {
    super(diagnostics[0].message);
    this.diagnostics = diagnostics;
  }
}

const NOTHING = [{
  severity: "error",
  message: "this copy of the playground has no interpreter: it shows what was computed beforehand",
  hint: "`rasp serve` computes what you type; the gallery's programs are shown here as they are",
}];

const fetched = new Map();

async function read(name) {
  if (!fetched.has(name)) fetched.set(name, fetch(`answers/${name}.json`).then((response) => response.json()));
  return fetched.get(name);
}

/** The answer to a question. Throws a Refusal. */
export async function ask(name, question = {}) {
  if (name === "lessons" || name === "gallery") return read(name);
  if (name === "program") return (await read(question.name)).program;
  if (name === "picture") return (await read(question.name))[question.dark ? "dark" : "light"];
  if (name === "format") return { text: question.text };
  if (name === "complete") return { items: [] };
  if (name === "hover") return { text: "" };
  if (name === "look" && question.home) {
    const { program, look } = await read(question.home);
    if (program.text === question.text && program.input === question.input && program.attention === question.attention) return look;
  }
  throw new Refusal(NOTHING);
}

/** Nothing is compiled here. Throws a Refusal. */
export async function askCompile() {
  throw new Refusal(NOTHING);
}
