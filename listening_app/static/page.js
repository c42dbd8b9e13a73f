// The words and rules that the page brings along, and the place where stages are shown.

const parse = (id) => JSON.parse(document.getElementById(id).textContent);

export const words = parse("words");
export const rules = parse("rules");

const stage = document.getElementById("stage");

export function fill(text, values = {}) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// Show a template as the whole stage; the heading gets the focus, so that it is read out.
export function show(name) {
  const template = document.getElementById(name);
  stage.replaceChildren(template.content.cloneNode(true));
  tell("");
  // The first page has the title as its heading.
  document.querySelector(".top .title").hidden = name === "consent";
  window.scrollTo(0, 0);
  const heading = stage.querySelector("h1");
  heading?.focus({ preventScroll: true });
  return stage;
}

export const part = (selector) => stage.querySelector(selector);

export function clicked(selector) {
  return new Promise((resolve) => {
    part(selector).addEventListener("click", resolve, { once: true });
  });
}

export function submitted(accept) {
  return new Promise((resolve) => {
    part("form").addEventListener("submit", (event) => {
      event.preventDefault();
      const given = accept();
      if (given !== undefined) resolve(given);
    });
  });
}

export function showProgress(label, value, total) {
  const box = document.getElementById("progress");
  box.hidden = total === 0;
  document.getElementById("progress-label").textContent = label;
  Object.assign(document.getElementById("progress-bar"), { max: total || 1, value });
}

// What is to be said of answers on their way goes before what is to be said of the page.
const notices = { answers: "", page: "" };

// A notice stays on the page until its speaker replaces it; `tell` is for screen readers alone.
export function notice(text, speaker = "page") {
  notices[speaker] = text;
  const place = document.getElementById("notice");
  const shown = notices.answers || notices.page;
  if (place.textContent !== shown) place.textContent = shown;
}

// A notice that goes after a while, unless its speaker has said something else by then.
export function passingNotice(text, speaker) {
  notice(text, speaker);
  setTimeout(() => { if (notices[speaker] === text) notice("", speaker); }, 6_000);
}

export function tell(text) {
  document.getElementById("told").textContent = text;
}
