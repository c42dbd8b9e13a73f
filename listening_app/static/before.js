// The stages before the trials: questions, volume, headphone tasks. Each gives what is to be sent.

import { load, Player, unlock } from "./audio.js";
import { offerSwitch, usesKeys } from "./keys.js";
import { draft, dropDraft, keepDraft } from "./outbox.js";
import { fill, part, show, showProgress, submitted, words } from "./page.js";

function answerTo(question) {
  const { kind } = question.dataset;
  if (kind !== "choice") return question.querySelector("input").value.trim() || undefined;
  const checked = question.querySelector(":checked");
  return checked ? Number(checked.value) : undefined;
}

function isNumber(text) {
  return text === undefined || Number.isFinite(Number(text.replace(",", ".")));
}

export async function questions() {
  show("questions");
  return submitted(() => {
    const answers = {};
    const faults = [];
    for (const question of document.querySelectorAll("#stage .question")) {
      const answer = answerTo(question);
      const isMissing = answer === undefined && "required" in question.dataset;
      const isWrong = question.dataset.kind === "number" && !isNumber(answer);
      question.classList.toggle("is-missing", isMissing || isWrong);
      if (isMissing || isWrong) faults.push({ question, isMissing });
      if (answer !== undefined) answers[question.dataset.key] = answer;
    }
    if (!faults.length) return { answers };
    const [{ question, isMissing }] = faults;
    part("[data-hint]").textContent = isMissing ? words.questions.required : words.questions.number;
    question.querySelector("input").focus();
    return undefined;
  });
}

function playButton(player, { idle, playing, onEnd }) {
  const button = part("[data-do=play]");
  button.addEventListener("click", () => player.toggle());
  player.addEventListener("change", () => {
    button.classList.toggle("is-playing", player.isPlaying);
    button.querySelector("[data-label]").textContent = player.isPlaying ? playing : idle();
    if (!player.isPlaying && player.position >= player.duration) onEnd();
  });
}

export async function soundCheck({ checks }) {
  show("sound");
  unlock().catch(() => {});
  const button = part("[data-do=play]");
  button.disabled = true;
  const buffer = await load(checks.sound);
  button.disabled = false;
  const player = new Player(new Map([["sound", buffer]]));
  const { play, stop } = words.sound;
  // Again and again, so that there is time to find the right volume.
  playButton(player, { idle: () => play, playing: stop, onEnd: () => player.restart() });
  const given = await submitted(() => {
    const device = part("[name=device]:checked")?.value;
    if (device && player.totalPlays > 0) return { device };
    part("[data-hint]").textContent = words.sound.missing;
    return undefined;
  });
  player.close();
  return given;
}

async function headphoneTask(name, number, total, task) {
  part("[data-counter]").textContent = fill(words.headphones.progress, { n: number, total });
  part("[data-task]").textContent = task;
  const form = part("form");
  const answer = part(".answer");
  const button = part("[data-do=play]");
  form.reset();
  answer.disabled = true;
  part("[type=submit]").disabled = true;
  button.disabled = true;
  const fresh = button.cloneNode(true);
  button.replaceWith(fresh);
  const player = new Player(new Map([["sound", await load(name)]]));
  fresh.disabled = false;
  const { play, again } = words.headphones;
  fresh.querySelector("[data-label]").textContent = play;
  playButton(player, {
    idle: () => (answer.disabled ? play : again),
    playing: words.trial.pause,
    onEnd: () => {
      answer.disabled = false;
      fresh.querySelector("[data-label]").textContent = again;
    },
  });
  fresh.focus({ preventScroll: true });
  const onKey = ({ key, target, ctrlKey, metaKey, altKey }) => {
    if (!usesKeys() || ctrlKey || metaKey || altKey) return;
    const option = part(`[name=interval][value="${/^[123]$/.test(key) ? key : 0}"]`);
    if (option && !answer.disabled) { option.click(); option.focus(); }
    if (key === " " && target.matches("body, h1, [type=radio]:checked")) player.toggle();
  };
  const onChange = () => { part("[type=submit]").disabled = !part("[name=interval]:checked"); };
  document.addEventListener("keydown", onKey);
  form.addEventListener("change", onChange);
  const choice = await submitted(() => Number(part("[name=interval]:checked")?.value) || undefined);
  document.removeEventListener("keydown", onKey);
  player.close();
  return choice;
}

export async function headphoneTests({ session, checks }) {
  show("headphones");
  offerSwitch();
  unlock().catch(() => {});
  const tasks = [
    ...checks.antiphase.map((name) => [name, words.headphones.antiphase]),
    ...checks.huggins.map((name) => [name, words.headphones.huggins]),
  ];
  const choices = await draft(session, "headphones");
  for (const [index, [name, task]] of tasks.entries()) {
    if (name in choices) continue;
    if (index + 1 < tasks.length) load(tasks[index + 1][0]).catch(() => {});
    showProgress(words.headphones.heading, index, tasks.length);
    choices[name] = await headphoneTask(name, index + 1, tasks.length, task);
    await keepDraft(session, "headphones", choices).catch(() => {});
  }
  showProgress("", 0, 0);
  return { choices, isSent: () => dropDraft(session, "headphones").catch(() => {}) };
}
