// Questions to the server, and what it says when there is no answer.

/** Why there is no answer: `diagnostics` as the command line's --json has them. */
export class Refusal extends Error {
  constructor(diagnostics) {
    super(diagnostics[0].message);
    this.diagnostics = diagnostics;
  }
}

const GONE = [{ severity: "error", message: "the playground's server does not answer", hint: "is `rasp serve` still running?" }];

async function post(path, question, signal) {
  try {
    return await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(question),
      signal,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(GONE);
  }
}

/** The answer to a question. Throws a Refusal. */
export async function ask(name, question = {}) {
  const record = await (await post(`ask/${name}`, question)).json();
  if (record.diagnostics) throw new Refusal(record.diagnostics);
  return record.answer;
}

/** What compiling gives; `report` is called with each word on how far it is. Throws a Refusal, or what the signal says. */
export async function askCompile(question, report, signal) {
  const response = await post("compile", question, signal);
  const lines = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "", last = {};
  for (;;) {
    const { value, done } = await lines.read();
    text += value ?? "";
    const complete = text.split("\n");
    text = complete.pop();
    for (const line of [...complete, ...(done && text ? [text] : [])]) {
      last = JSON.parse(line);
      if (last.progress) report(last.progress);
    }
    if (done) break;
  }
  if (last.answer) return last.answer;
  throw new Refusal(last.diagnostics ?? GONE);
}
