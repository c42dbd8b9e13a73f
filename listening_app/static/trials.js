// All trials of the sheet, from where the session stands: the next is loaded while one is heard.

import { forget, load } from "./audio.js";
import { Outbox } from "./outbox.js";
import { clicked, fill, part, passingNotice, rules, show, showProgress, words } from "./page.js";
import { runTrial } from "./trial.js";

async function decoded(trial) {
  const found = await Promise.all(trial.slots.map(async ([slot, name]) => [slot, await load(name)]));
  return new Map(found);
}

async function interlude({ heading, text, button, hasAside = false }) {
  show("interlude");
  part("[data-heading]").textContent = heading;
  part("[data-text]").textContent = text;
  part("[data-aside]").hidden = !hasAside || !part("[data-aside]").textContent;
  part("[data-do]").textContent = button;
  await clicked("[data-do]");
}

async function wait(buffers) {
  const isSlow = await Promise.race([
    buffers.then(() => false),
    new Promise((resolve) => { setTimeout(() => resolve(true), 250); }),
  ]);
  if (isSlow) {
    show("waiting");
    part("h1").textContent = words.trial.decoding;
    part("progress").ariaLabel = words.trial.decoding;
  }
  return buffers;
}

class Course {
  constructor(session) {
    this.sheet = session.sheet;
    this.practice = session.sheet.filter(({ practice }) => practice).length;
    this.position = session.position;
    this.outbox = new Outbox(session.session, {
      onMoved: (position, isAnswered) => this.#move(position, isAnswered),
      onRefused: (error) => this.fail(error),
    });
    this.failed = new Promise((_, reject) => { this.fail = reject; });
    this.failed.catch(() => {});
    this.#wait();
  }

  #wait() {
    this.moved = new Promise((resolve) => { this.resolve = resolve; });
  }

  // Another tab went on, or the server lacks an answer: go to where it stands.
  #move(position, isAnswered) {
    if (isAnswered) {
      passingNotice(words.notices.other_tab, "answers");
      if (position <= this.position) return;
    }
    this.position = position;
    this.resolve(undefined);
    this.#wait();
  }

  trial(position) { return this.sheet[position - 1]; }

  async run(hasJustCome) {
    await this.outbox.open();
    this.position = Math.max(this.position, 1 + Math.max(0, ...this.outbox.positions));
    let isFirst = true;
    for (;;) {
      while (this.position <= this.sheet.length) {
        await this.#one(isFirst, isFirst && hasJustCome);
        isFirst = false;
      }
      showProgress(words.done.storing, this.sheet.length, this.sheet.length);
      show("waiting");
      const last = await Promise.race([this.outbox.empty(), this.failed]);
      if (this.position > this.sheet.length) return last;
    }
  }

  async #one(isFirst, hasJustCome) {
    const { position } = this;
    const trial = this.trial(position);
    const buffers = decoded(trial);
    buffers.catch(() => {});
    this.#progress(position, trial);
    if (hasJustCome || !(await this.#pause(position, trial))) await this.#pauseIfBack(hasJustCome);
    const ready = await Promise.race([wait(buffers), this.failed]);
    if (this.position !== position) return; // another tab went on meanwhile
    const next = this.trial(position + 1);
    if (next) decoded(next).catch(() => {});
    const { moved } = this;
    const answer = await Promise.race([
      runTrial(position, ready, { isPractice: trial.practice, isFirst, moved }), this.failed,
    ]);
    if (!answer) return;
    this.position = position + 1;
    const later = new Set(next?.slots.map(([, name]) => name));
    forget(trial.slots.map(([, name]) => name).filter((name) => !later.has(name)));
    await this.outbox.add(answer);
  }

  // A gesture is needed before the first sound; who comes back has made none.
  async #pauseIfBack(hasJustCome) {
    if (!hasJustCome) return;
    const { heading, text, go_on: button } = words.resume;
    await interlude({ heading, text, button });
  }

  async #pause(position, trial) {
    const texts = words.begin;
    if (position === 1 && trial.practice) {
      const { heading, text, start: button } = texts;
      await interlude({ heading, text, button, hasAside: true });
    } else if (position === this.practice + 1) {
      const often = rules.maxPlays ? fill(texts.so_often, { n: rules.maxPlays }) : texts.as_often;
      const text = this.practice ? `${texts.after_practice} ${often}` : often;
      const heading = this.practice ? texts.heading_main : texts.heading_only;
      await interlude({ heading, text, button: texts.start, hasAside: !this.practice });
    } else {
      const done = position - this.practice - 1;
      if (!rules.breakAfter || done <= 0 || done % rules.breakAfter) return false;
      const total = this.sheet.length - this.practice;
      const { heading, go_on: button } = words.rest;
      await interlude({ heading, text: fill(words.rest.text, { n: done, total }), button });
    }
    return true;
  }

  #progress(position, { practice }) {
    const total = practice ? this.practice : this.sheet.length - this.practice;
    const n = practice ? position : position - this.practice;
    const label = fill(practice ? words.trial.practice : words.trial.main, { n, total });
    showProgress(label, n - 1, total);
  }
}

// Run what is left of the trials; the server's last reply, or undefined if it is to be asked.
export function runTrials(session, hasJustCome) {
  return new Course(session).run(hasJustCome);
}
