// One trial: sounds to hear, an answer that opens once they are heard, and the keys for both.

import { answerControls } from "./answers.js";
import { Player } from "./audio.js";
import { offerSwitch, usesKeys } from "./keys.js";
import { element, fill, part, rules, show, submitted, tell, words } from "./page.js";
import { uuid } from "./server.js";

const TOLERANCE = 0.03; // seconds by which a sound may end early; the server allows more

const isReference = (slot) => slot === "X" || slot === "REF";

function nameOf(slot) {
  if (slot === "REF") return words.trial.reference;
  return slot.replace(/^S(?=\d)/, "");
}

function keyOf(slot) {
  if (slot === "REF") return "0";
  return slot.replace(/^S(?=\d)/, "").toLowerCase();
}

function slotButton(slot, player) {
  const isOnly = slot === "S";
  const name = element("span", { className: "name" }, isOnly ? words.trial.play : nameOf(slot));
  if (slot === "X" && rules.test === "preference") {
    name.append(element("small", {}, words.trial.reference));
  }
  const state = element("span", { className: "unseen" });
  const button = element(
    "button",
    { type: "button", className: "slot" },
    element("span", { className: "icon", "aria-hidden": "true" }),
    name,
    state,
    element("span", { className: "bar", "aria-hidden": "true" }),
  );
  button.dataset.slot = slot;
  button.addEventListener("click", () => player.toggle(slot));
  return button;
}

class TrialPage {
  constructor(buffers, slots) {
    this.slots = slots;
    this.player = new Player(buffers, {
      maxPlays: rules.maxPlays,
      isHeard: (slot) => !this.missing.includes(slot),
    });
    this.begun = performance.now();
    this.buttons = new Map(slots.map((slot) => [slot, slotButton(slot, this.player)]));
    show("trial");
    this.#place();
    this.player.addEventListener("change", () => this.#update());
    part("[data-do=restart]").addEventListener("click", () => this.player.restart());
    part("form").addEventListener("change", () => this.#update());
    part("form").addEventListener("rated", () => this.#update());
    this.onKey = (event) => this.#key(event);
    document.addEventListener("keydown", this.onKey);
    this.#update();
  }

  #place() {
    const judged = this.slots.filter((slot) => !isReference(slot));
    this.controls = answerControls(judged, (slot) => this.buttons.get(slot));
    const inSliders = rules.test === "mushra" ? judged : [];
    const above = this.slots.filter((slot) => !inSliders.includes(slot));
    part("[data-slots]").append(...above.map((slot) => this.buttons.get(slot)));
    part("[data-controls]").append(this.controls.element);
    offerSwitch();
    const listen = this.slots.length > 1 ? this.slots.map(keyOf) : [];
    for (const [row, keys] of [["listen", listen], ["answer", this.controls.keys]]) {
      const place = part(`[data-${row}-keys]`);
      place.hidden = keys.length === 0;
      place.firstChild.append(...keys.map((key) => element("kbd", {}, key.toUpperCase())));
    }
  }

  get missing() {
    return this.slots.filter((slot) => {
      const needed = rules.share * this.player.duration;
      return this.player.heard.get(slot).seconds < needed - TOLERANCE;
    });
  }

  #update() {
    const { player, missing } = this;
    for (const [slot, button] of this.buttons) this.#updateButton(slot, button, missing);
    part("[data-slots]").classList.toggle("is-started", player.position > 0);
    part("[data-do=restart]").disabled = !player.canRestart;
    const fieldset = part(".answer");
    const isOpen = missing.length === 0;
    if (isOpen && !this.isOpen) {
      this.isOpen = true;
      if (rules.share > 0) tell(words.trial.can_answer);
    }
    this.#open(fieldset);
    part("[type=submit]").disabled = !(this.isOpen && this.controls.values());
    const slots = missing.map(nameOf).join(", ");
    const why = this.slots.length > 1
      ? fill(words.trial.listen_all, { slots }) : words.trial.listen_first;
    const isUnrated = isOpen && rules.test === "mushra" && !this.controls.values();
    const said = isUnrated ? words.trial.rate_all : isOpen ? "" : why;
    const place = part("[data-why]");
    if (place.textContent !== said) place.textContent = said;
  }

  // The buttons among the sliders play, so there only the sliders are closed.
  #open(fieldset) {
    const isMixed = rules.test === "mushra";
    fieldset.disabled = !isMixed && !this.isOpen;
    if (!isMixed) return;
    for (const range of fieldset.querySelectorAll("input")) range.disabled = !this.isOpen;
  }

  #updateButton(slot, button, missing) {
    const { player } = this;
    const isActive = player.slot === slot;
    const isHeard = !missing.includes(slot);
    button.setAttribute("aria-pressed", String(isActive && (player.isPlaying || player.position > 0)));
    button.classList.toggle("is-playing", isActive && player.isPlaying);
    if (this.slots.length === 1) {
      const label = player.isPlaying ? words.trial.pause : words.trial.play;
      button.removeAttribute("aria-pressed");
      if (button.children[1].textContent !== label) button.children[1].textContent = label;
    }
    const said = isHeard ? words.trial.heard : words.trial.not_heard;
    if (button.children[2].textContent !== said) button.children[2].textContent = said;
    button.disabled = !player.canPlay(slot);
    const bar = button.lastChild;
    bar.style.setProperty("--at", String(player.position / player.duration));
    const heard = player.heard.get(slot).intervals;
    const percent = (seconds) => `${((100 * seconds) / player.duration).toFixed(2)}%`;
    bar.style.backgroundImage = heard.map(() => "linear-gradient(var(--heard) 0 0)").join();
    bar.style.backgroundSize = heard.map(([from, to]) => `${percent(to - from)} 100%`).join();
    bar.style.backgroundPosition = heard.map(([from, to]) => {
      const room = player.duration - (to - from);
      return `${room > 0 ? percent((from / room) * player.duration) : "0%"} 0`;
    }).join();
  }

  #key(event) {
    const { key, target } = event;
    if (!usesKeys() || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (target.matches("textarea, summary, input[type=checkbox], a")) return;
    if (key === " ") {
      const isForTarget = target.matches("button") || target.matches("input[type=radio]:not(:checked)");
      if (isForTarget) return;
      event.preventDefault();
      this.player.toggle();
    } else if (key === "Enter") {
      if (target.matches("button")) return;
      event.preventDefault();
      if (!part("[type=submit]").disabled) part("form").requestSubmit();
    } else {
      const slot = this.slots.length > 1 && this.slots.find((each) => keyOf(each) === key.toLowerCase());
      if (slot && !this.buttons.get(slot).disabled) this.player.toggle(slot);
      else if (this.isOpen) this.controls.pick(key);
    }
  }

  answer(position) {
    const values = this.isOpen ? this.controls.values() : undefined;
    if (!values) return undefined;
    this.player.pause();
    const heard = [...this.player.heard].map(([slot, { intervals }]) => [slot, intervals]);
    return {
      position,
      uuid: uuid(),
      values,
      heard: Object.fromEntries(heard),
      plays: this.player.totalPlays,
      seconds: (performance.now() - this.begun) / 1000,
      comment: part("textarea")?.value.toWellFormed?.() ?? part("textarea")?.value ?? "",
    };
  }

  close() {
    this.player.close();
    document.removeEventListener("keydown", this.onKey);
  }
}

// Show a trial and wait for its answer; undefined when `moved` comes first.
export async function runTrial(position, buffers, { isPractice, isFirst, moved }) {
  const page = new TrialPage(buffers, [...buffers.keys()]);
  part("[data-practice]").hidden = !isPractice;
  if (!isFirst) page.buttons.values().next().value.focus({ preventScroll: true });
  try {
    return await Promise.race([submitted(() => page.answer(position)), moved]);
  } finally {
    page.close();
  }
}
