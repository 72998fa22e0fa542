// Chats with the component in this page. `?message=TEXT`, as often as wanted, sends at the start what a person would type.

import { _setEnv, _setStderr } from "./wasi/cli.js";
import { _setFileData } from "./wasi/filesystem.js";

const HOME = "home";
const SESSION = "page";

const conversation = document.getElementById("conversation");
const form = document.getElementById("form");
const input = document.getElementById("message");
const told = document.getElementById("status");
let errors = ""; // what the component wrote to standard error since somebody looked

function show(kind, who, text) {
  const item = document.createElement("li");
  item.className = kind;
  const name = document.createElement("span");
  name.className = "who";
  name.textContent = who;
  item.append(name, text); // as text: nothing that is said becomes part of the page
  conversation.append(item);
  item.scrollIntoView({ block: "nearest" });
}

/** How the page stands, in words for people and in one word for programs. */
function stand(state, words) {
  document.body.dataset.state = state;
  told.textContent = words;
  const isReady = state === "ready";
  input.disabled = !isReady;
  document.getElementById("send").disabled = !isReady;
  if (isReady) input.focus({ preventScroll: true });
}

function broken(error) {
  // After a trap an instance is not to be used again.
  stand("failed", "The component stopped; reload the page to begin anew.");
  show("failed", "error", errors.trim() || String(error?.message ?? error));
}

function say(agent, text) {
  show("asked", "you", text);
  try {
    const answer = JSON.parse(agent.processMessage(text, SESSION));
    if (answer.error === null) show("answered", `weft, ${answer.model}`, answer.reply);
    else show("failed", "error", answer.error);
  } catch (error) {
    broken(error);
  }
}

async function start() {
  const decoder = new TextDecoder();
  _setFileData({ dir: { [HOME]: { dir: {} } } });
  _setEnv({ HOME: `/${HOME}` });
  _setStderr({ write: (data) => { errors += decoder.decode(data, { stream: true }); }, blockingFlush() {} });
  const { agent } = await import("./weft.js");
  const code = agent.init();
  if (code !== 0) throw new Error(`the agent cannot begin: code ${code}`);
  const can = JSON.parse(agent.capabilities());
  stand("ready", `Ready: clawft ${can.version} on ${can.platform}, ${can.tools.length} tools, model ${can.models.join(", ")}.`);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value.trim();
    input.value = "";
    if (text) say(agent, text);
  });
  for (const text of new URLSearchParams(location.search).getAll("message")) {
    if (text.trim() && document.body.dataset.state === "ready") say(agent, text);
  }
  document.body.dataset.settled = "";
}

document.body.dataset.state = "loading";
start().catch(broken);
