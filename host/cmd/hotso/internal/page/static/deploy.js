// The dialogs: deployments, which are asked for once more and bear the token, and details.

import { $, bytes, count, duration, el, moment, say, tag } from "./text.js";

// The token is nowhere but here, or, if that is wanted, with this tab.
const store = "hotso-token";
let token = sessionStorage.getItem(store) ?? "";

// trusted asks the server with the token.
async function trusted(path, init = {}) {
  const answer = await fetch(path, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } });
  if (answer.status === 401) forget();
  return answer;
}

function forget() {
  token = "";
  sessionStorage.removeItem(store);
}

async function failureOf(answer) {
  const text = await answer.text();
  try {
    return JSON.parse(text).error ?? text;
  } catch {
    return text || answer.statusText;
  }
}

for (const b of document.querySelectorAll("dialog [data-close]")) b.addEventListener("click", () => b.closest("dialog").close());

let doing; // what the form does once it is agreed to

$("ask-form").addEventListener("submit", async (e) => {
  e.preventDefault();
  const given = $("ask-token").value.trim();
  if (given) token = given;
  $("ask-token").value = "";
  if (!token) {
    wrong("The token is missing: the server was started with it, by --token-file or --token.");
    return;
  }
  if (given && $("ask-keep").checked) sessionStorage.setItem(store, given);
  $("ask-do").disabled = true;
  try {
    const answer = await doing();
    if (answer.ok) {
      $("ask").close();
      return;
    }
    wrong(await failureOf(answer));
    if (answer.status === 401) wrong("That is not the token of this server.");
  } catch {
    wrong("The server does not answer. It is not known whether it was done: the list of events will tell.");
  } finally {
    $("ask-do").disabled = false;
    $("ask-token-box").hidden = Boolean(token);
  }
});

function wrong(text) {
  say($("ask-error"), text);
  $("ask-error").hidden = false;
}

function ask(title, text, button, act) {
  doing = act;
  say($("ask-title"), title);
  say($("ask-text"), text);
  say($("ask-do"), button);
  $("ask-text").hidden = !text;
  $("ask-what").hidden = true;
  $("ask-error").hidden = true;
  $("ask-token-box").hidden = Boolean(token);
  if (!$("ask").open) $("ask").showModal();
}

const post = (path, body) => trusted(path, { method: "POST", body: body && JSON.stringify(body) });

// confirm has one of the deployments without a body done: rollback, promote or abort.
export function confirm(title, text, button, path, then) {
  ask(title, text, button, async () => {
    const answer = await post(path);
    if (answer.ok) then(await answer.json());
    return answer;
  });
}

// deploy asks which version is to serve, and how. paths are those of a swap and of a canary.
export function deploy(name, version, known, canCanary, paths, then) {
  ask(`Deploy ${name}`, "", "Deploy", async () => {
    const asked = $("ask-version").value.trim();
    const what = asked.includes("/") || asked.endsWith(".so") ? { file: asked } : { version: asked.replace(/^v(?=\d)/, "") };
    const canary = document.querySelector('input[name="how"]:checked').value === "canary";
    const answer = await (canary ? post(paths.canary, { ...what, percent: Number($("ask-percent").value) }) : post(paths.swap, what));
    if (answer.ok) then(await answer.json(), canary);
    return answer;
  });
  $("ask-what").hidden = false;
  $("ask-version").value = version;
  $("ask-version").required = true;
  $("ask-known").replaceChildren(...known.map((v) => el("option", { value: v })));
  for (const how of document.querySelectorAll('input[name="how"]')) {
    how.disabled = how.value === "canary" && !canCanary;
    how.checked = how.value === "all";
  }
  $("ask-version").focus();
}
$("ask").addEventListener("close", () => { $("ask-version").required = false; doing = undefined; });
$("ask-percent").addEventListener("focus", () => { document.querySelector('input[name="how"][value="canary"]').checked = true; });

function detail(title, ...body) {
  say($("detail-title"), title);
  $("detail-body").replaceChildren(...body);
  if (!$("detail").open) $("detail").showModal();
  $("detail").scrollTop = 0;
}

function table(name, head, lines) {
  return el("table", { "aria-label": name },
    el("thead", {}, el("tr", {}, ...head.map((h, i) => el("th", { scope: "col", className: i ? "num" : "" }, h)))),
    el("tbody", {}, ...lines.map((line) => el("tr", {}, ...line.map((text, i) => (i ? el("td", { className: "num" }, text) : el("th", { scope: "row" }, text)))))));
}

const part = (title, ...body) => el("div", {}, el("h3", {}, title), ...body);

// showEvent shows all that is known of an event. gone: of a server that has ended since.
export async function showEvent(e, gone) {
  const title = `${tag(e.version)} ${e.state}`.trim();
  const said = el("p", {}, `${moment(Date.parse(e.time))}${e.detail ? `: ${e.detail}` : ""}`);
  const about = [said];
  if (e.page) about.push(el("p", { className: "sub" }, "More about it: ", el("code", {}, `hotso help ${e.page}`)));
  if (e.took) about.push(el("p", { className: "sub" }, `It took ${duration(e.took)}.`));
  if (!e.more || gone) {
    if (e.more) about.push(el("p", { className: "sub" }, "The server was started again since and has no more of it."));
    detail(title, ...about);
    return;
  }
  let all;
  try {
    const answer = await (token ? trusted : fetch)(`/event/${e.id}`);
    all = answer.ok ? await answer.json() : { error: await failureOf(answer) };
  } catch {
    all = { error: "The server does not answer." };
  }
  if (all.crash?.message) about.push(part("Its last words", el("pre", { tabIndex: 0 }, all.crash.message)));
  if (all.error) about.push(part("All of it", el("pre", { tabIndex: 0 }, all.error)));
  if (all.cut) about.push(showMore(title, e));
  if (all.report) about.push(...report(all.report));
  detail(title, ...about);
}

// showMore is a button for those who may see more of an event than its first lines.
function showMore(title, e) {
  const button = el("button", { type: "button" }, "Show all of it");
  button.addEventListener("click", () => ask(title, "Stacks are for those who may deploy.", "Show", async () => {
    const answer = await trusted(`/event/${e.id}`);
    if (!answer.ok) return answer;
    if ((await answer.json()).cut) {
      forget();
      return new Response("", { status: 401 });
    }
    await showEvent(e, false);
    return answer;
  }));
  return el("p", {}, button);
}

function report(r) {
  const parts = [];
  if (r.resources?.length) {
    parts.push(part("What it held", table("What it held", ["Kind", "Found", "Freed", "Left", "Memory"],
      r.resources.map((x) => [x.kind + (x.why ? ` (${x.why})` : ""), count(x.found), count(x.freed), count(x.left), bytes(x.bytes)]))));
  }
  if (r.blockers?.length) {
    parts.push(part("Threads that hold it", table("Threads that hold it", ["Thread", "Name", "Where"], r.blockers.map((b) => [String(b.thread), b.name, b.where]))));
  }
  if (r.not_counted?.length) parts.push(part("What is not counted", ...r.not_counted.map((n) => el("p", {}, n))));
  for (const [title, of] of [["Signals it wanted", r.signals], ["What it changed in the process", r.changes]]) {
    if (of && Object.keys(of).length) parts.push(part(title, table(title, ["What", "How often"], Object.entries(of).map(([k, n]) => [k, count(n)]))));
  }
  if (r.steps?.length) parts.push(part("How long it took", table("How long it took", ["Step", "Time"], r.steps.map((s) => [s.step, duration(s.took)]))));
  return parts;
}

// showStack asks a version for its goroutines, and shows those that are inside the function.
export function showStack(library, version, name) {
  const look = async () => {
    const answer = await trusted(`/debug/pprof/${encodeURIComponent(version ? `${library}@${version}` : library)}/goroutine?debug=2`);
    if (!answer.ok) return answer;
    const all = (await answer.text()).split("\n\n");
    const method = name.slice(Math.max(name.lastIndexOf("_"), name.lastIndexOf(".")) + 1);
    const word = new RegExp(`\\b(?:${[name, method].map((w) => w.replace(/[^\w]/g, "\\$&")).join("|")})\\b`, "i");
    const inside = all.filter((g) => word.test(g));
    detail(`${name}, ${version ? `${library} ${tag(version)}` : library}`,
      el("p", { className: "sub" }, inside.length ? `${count(inside.length)} of ${count(all.length)} goroutines` : "No goroutine has it on its stack by now; these are all of them."),
      el("pre", { tabIndex: 0 }, (inside.length ? inside : all).join("\n\n")));
    return answer;
  };
  const title = `Stack of ${name}`;
  const text = "The goroutines of the version are for those who may deploy.";
  if (!token) {
    ask(title, text, "Show", look);
    return;
  }
  look().then(async (answer) => {
    if (answer.ok) return;
    ask(title, text, "Show", look);
    wrong(await failureOf(answer));
  }, () => detail(title, el("p", {}, "The server does not answer.")));
}
