// A page with dev.js, in a DOM of Node's: node page.cjs PAGE SCRIPT. It writes a line whenever the error that is
// shown is another one, or the page loads itself again; a line on stdin is a key.
const { JSDOM, VirtualConsole } = require("jsdom");
const { EventSource } = require("eventsource");

const [, , page, script] = process.argv;
const say = (what, text = "") => console.log(JSON.stringify({ what, text }));
const said = new VirtualConsole();
said.on("jsdomError", (error) => {
  // jsdom does not navigate, and says so.
  /navigation/.test(error.message) ? say("reload") : say("error", error.message);
});
const dom = new JSDOM(`<!doctype html><body><p>page</p><script src="${script}"></script>`, {
  url: page,
  runScripts: "dangerously",
  resources: "usable",
  virtualConsole: said,
  beforeParse(window) {
    window.EventSource = EventSource;
    window.fetch = fetch;
  },
});
let shown;
setInterval(() => {
  const text = dom.window.document.getElementById("hotso-dev-error")?.shadowRoot.textContent ?? "";
  if (text !== shown) say("shown", text);
  shown = text;
}, 5);
require("node:readline")
  .createInterface({ input: process.stdin })
  .on("line", (key) => dom.window.dispatchEvent(new dom.window.KeyboardEvent("keydown", { key })))
  .on("close", () => process.exit(0));
