// Starts `rasp lsp` and connects it to the editor, and adds the commands Run and Draw; everything else is the
// server's work.

"use strict";

const path = require("path");
const { commands, ProcessExecution, Task, TaskScope, tasks, ViewColumn, window, workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

/** The server's client, while it runs. */
let client;

/** The input that was run last. */
let lastInput = "hello";

/** The command of the settings; a path that is not absolute starts at the folder that is open. */
function command() {
  const configured = workspace.getConfiguration("rasp").get("command") || "rasp";
  const folder = workspace.workspaceFolders && workspace.workspaceFolders[0];
  const isRelativePath = /[\\/]/.test(configured) && !path.isAbsolute(configured);
  return isRelativePath && folder ? path.join(folder.uri.fsPath, configured) : configured;
}

async function start() {
  const server = { command: command(), args: ["lsp"] };
  const options = {
    documentSelector: [{ language: "rasp" }],
    synchronize: { fileEvents: workspace.createFileSystemWatcher("**/*.rasp") },
  };
  client = new LanguageClient("rasp", "RASP", server, options);
  try {
    await client.start();
  } catch {
    client = undefined;
    const hint = "Install it with `pip install .` in a clone of the RASP compiler, or set rasp.command to its path.";
    window.showErrorMessage(`RASP: \`${server.command} lsp\` does not start. ${hint}`);
  }
}

async function stop() {
  const running = client;
  client = undefined;
  if (running) {
    await running.stop();
  }
}

async function restart() {
  await stop();
  await start();
}

/** The name at the cursor, or nothing. */
function nameAtCursor(editor) {
  const word = editor.document.getWordRangeAtPosition(editor.selection.active);
  return word ? editor.document.getText(word) : "";
}

/** Runs an expression of the program on an input, in a terminal. Asks for both. */
async function run() {
  const editor = window.activeTextEditor;
  if (!editor) return;
  const expression = await window.showInputBox({
    prompt: "Expression to run; empty for that of the `# compile:` line",
    value: nameAtCursor(editor),
  });
  if (expression === undefined) return;
  const input = await window.showInputBox({ prompt: "Input: a text or a JSON list", value: lastInput });
  if (!input) return;
  lastInput = input;
  await editor.document.save();
  const chosen = expression.trim() ? ["-e", expression] : [];
  const words = ["run", editor.document.uri.fsPath, ...chosen, "-i", input];
  const execution = new ProcessExecution(command(), words);
  await tasks.executeTask(new Task({ type: "rasp" }, TaskScope.Workspace, "run", "rasp", execution));
}

/** Shows a drawing of the s-op or selector at the cursor, on the running example, beside the text. */
async function draw() {
  const editor = window.activeTextEditor;
  if (!editor || !client) return;
  const { line, character } = editor.selection.active;
  const where = { textDocument: { uri: editor.document.uri.toString() }, position: { line, character } };
  try {
    const given = { command: "rasp.svg", arguments: [where] };
    const drawn = await client.sendRequest("workspace/executeCommand", given);
    const panel = window.createWebviewPanel("rasp.drawing", drawn.title, ViewColumn.Beside, {});
    panel.webview.html = `<!DOCTYPE html><body style="background: white">${drawn.svg}</body>`;
  } catch (error) {
    window.showErrorMessage(`RASP: ${error.message}`);
  }
}

async function activate(context) {
  context.subscriptions.push(
    commands.registerCommand("rasp.restart", restart),
    commands.registerCommand("rasp.run", run),
    commands.registerCommand("rasp.draw", draw),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("rasp.command")) {
        return restart();
      }
    }),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
