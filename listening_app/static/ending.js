// The last page: thanks with the completion code, or a few words why there is nothing to do.

import { element, part, show, showProgress, words } from "./page.js";

function showWayOut({ url, fields } = {}) {
  if (!url) return;
  if (Object.keys(fields).length === 0) {
    part("[data-link]").hidden = false;
    part("[data-link] a").href = url;
    return;
  }
  const form = part("[data-form]");
  form.hidden = false;
  form.action = url;
  for (const [name, value] of Object.entries(fields)) {
    form.prepend(element("input", { type: "hidden", name, value }));
  }
}

export function thank({ code, ending }) {
  showProgress("", 0, 0);
  show("done");
  document.title = words.done.heading;
  part("[data-code]").textContent = code;
  part("[data-close]").hidden = Boolean(ending?.url);
  showWayOut(ending);
  const copy = part("[data-do=copy]");
  copy.hidden = !navigator.clipboard;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code);
    copy.textContent = words.done.copied;
  });
}

export function say(name, { code, ending } = {}) {
  showProgress("", 0, 0);
  show("message");
  const { title, text } = words.messages[name] ?? words.messages.fault;
  document.title = title;
  part("[data-title]").textContent = title;
  part("[data-text]").textContent = text;
  if (code) {
    part("[data-code-line]").hidden = false;
    part("[data-label]").hidden = false;
    part("[data-code]").textContent = code;
  }
  showWayOut(ending);
}
