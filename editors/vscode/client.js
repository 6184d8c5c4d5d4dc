// Starts `rasp lsp` and connects it to the editor; everything else is the server's work.

"use strict";

const path = require("path");
const { commands, window, workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

/** The server's client, while it runs. */
let client;

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

async function activate(context) {
  context.subscriptions.push(
    commands.registerCommand("rasp.restart", restart),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("rasp.command")) {
        return restart();
      }
    }),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
