// A page that includes this loads itself again when another version serves, and shows what does not compile.
// Esc closes that; the next build that goes well does so as well.
(() => {
  "use strict";
  const events = new URL("/dev/events", document.currentScript.src).href;
  let serial, overlay;

  const close = () => {
    overlay?.remove();
    overlay = undefined;
  };

  const show = (error) => {
    close();
    overlay = document.createElement("div");
    overlay.id = "hotso-dev-error";
    // A tree of its own: the styles of the page do not reach it.
    const root = overlay.attachShadow({ mode: "open" });
    const box = document.createElement("pre");
    box.setAttribute("role", "alert");
    box.style.cssText =
      "position:fixed;inset:0;margin:0;padding:2rem;z-index:2147483647;overflow:auto;white-space:pre-wrap;" +
      "background:#1c1c1cf2;color:#eee;font:14px/1.5 ui-monospace,monospace;text-align:left";
    // What a compiler says is text, never HTML. Places are what one looks for first.
    for (const part of error.split(/(\S+\.(?:go|mod|c|h|cc|cpp):\d+(?::\d+)?)/)) {
      const span = document.createElement("span");
      span.textContent = part;
      if (/:\d+$/.test(part)) span.style.color = "#ffb454";
      box.append(span);
    }
    const hint = document.createElement("span");
    hint.textContent = "\n\nEsc closes this. It goes away with the next build that goes well.";
    hint.style.color = "#999";
    box.append(hint);
    root.append(box);
    (document.body ?? document.documentElement).append(overlay);
  };

  // A server that is being started again refuses for a moment.
  const reload = async () => {
    for (let tries = 0; tries < 50; tries++) {
      try {
        await fetch(location.href, { method: "HEAD", cache: "no-store" });
        break;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    location.reload();
  };

  addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  new EventSource(events).addEventListener("message", (event) => {
    const state = JSON.parse(event.data);
    if (serial !== undefined && serial !== state.serial) {
      reload();
      return;
    }
    serial = state.serial;
    state.error ? show(state.error) : close();
  });
})();
