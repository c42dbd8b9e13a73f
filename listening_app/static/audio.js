// Sounds: one AudioContext, started by a gesture; everything decoded before it is offered.

import { Heard } from "./heard.js";
import { notice, words } from "./page.js";
import { patiently, sound } from "./server.js";

const RAMP = 0.008; // seconds: no click, and too short to be heard as a fade
const AHEAD = 0.03; // seconds between asking for a start and the start itself

const RESUME_MS = 2_000;

let isTold = false;
let shared = null;
const buffers = new Map();

export class NoAudio extends Error {}

export function context() {
  if (shared) return shared;
  const Context = window.AudioContext ?? window.webkitAudioContext;
  if (!Context) throw new NoAudio();
  // On an iPhone the silent switch then leaves the sounds alone.
  if (navigator.audioSession) navigator.audioSession.type = "playback";
  shared = new Context({ latencyHint: "interactive" });
  return shared;
}

// To be called while a click or key press is being handled.
export function unlock() {
  return context().resume();
}

// Whether sounds can be played now; if not, the rater is told what may be wrong.
async function isRunning() {
  const late = new Promise((resolve) => { setTimeout(resolve, RESUME_MS); });
  await Promise.race([unlock().catch(() => {}), late]);
  const isReady = context().state === "running";
  if (!isReady) notice(words.notices.no_output);
  else if (isTold) notice("");
  isTold = !isReady;
  return isReady;
}

// The sound of this name, decoded; asked for again until it is there.
export function load(name) {
  if (!buffers.has(name)) {
    const loading = patiently(() => sound(name))
      .then((bytes) => context().decodeAudioData(bytes))
      .catch((error) => {
        buffers.delete(name);
        throw error instanceof DOMException ? new NoAudio() : error;
      });
    buffers.set(name, loading);
  }
  return buffers.get(name);
}

export function forget(names) {
  for (const name of names) buffers.delete(name);
}

// Several sounds that run together, of which one is heard:
//
//   A  ____|‾‾‾‾‾‾‾‾‾\____________        all start at the same sample, and gains decide
//   B  ____|_________/‾‾‾‾‾‾‾‾‾‾‾‾        which of them is heard, with ramps of 8 ms
// `isHeard(slot)` says whether enough of a sound was heard; with `maxPlays`, a sound that was is
// started no more often than that. Who has not heard all of it yet is never locked out.
//
export class Player extends EventTarget {
  #buffers;

  #maxPlays;

  #isHeard;

  #isClosed = false;

  #voices = null;

  #startedAt = 0;

  #markedAt = 0;

  #counted = new Set();

  #timer = 0;

  constructor(decoded, { maxPlays = 0, isHeard = () => true } = {}) {
    super();
    this.#buffers = decoded;
    this.#maxPlays = maxPlays;
    this.#isHeard = isHeard;
    this.duration = Math.max(...[...decoded.values()].map(({ duration }) => duration));
    this.heard = new Map([...decoded.keys()].map((slot) => [slot, new Heard()]));
    this.plays = new Map([...decoded.keys()].map((slot) => [slot, 0]));
    this.slot = [...decoded.keys()][0];
    this.position = 0;
    this.onInterrupted = () => {
      if (this.isPlaying && context().state !== "running") this.pause();
    };
    context().addEventListener("statechange", this.onInterrupted);
  }

  get isPlaying() { return this.#voices !== null; }

  get totalPlays() { return [...this.plays.values()].reduce((sum, plays) => sum + plays, 0); }

  get #isUnderWay() { return this.position > 0 && this.position < this.duration - 0.01; }

  #isSpent(slot) { return this.#maxPlays > 0 && this.plays.get(slot) >= this.#maxPlays; }

  // Whether the sound may be heard now: to go on with what was started is no start.
  canPlay(slot) {
    if ((this.isPlaying || this.#isUnderWay) && this.#counted.has(slot)) return true;
    return !this.#isSpent(slot) || !this.#isHeard(slot);
  }

  // Whoever stands in the middle of a last play can go on, and needs no new start.
  get canRestart() {
    if (!this.#isSpent(this.slot)) return true;
    return !this.isPlaying && !this.#isUnderWay && !this.#isHeard(this.slot);
  }

  toggle(slot = this.slot) {
    if (!this.isPlaying) return this.play(slot);
    if (slot !== this.slot) return this.#switch(slot);
    return this.pause();
  }

  async restart() {
    if (!this.canRestart) return;
    this.pause();
    this.position = 0;
    await this.play(this.slot);
  }

  async play(slot) {
    const isReady = await isRunning();
    // The rater may have gone on meanwhile: what began now, nobody could stop.
    if (!isReady || this.#isClosed || this.isPlaying || !this.canPlay(slot)) return;
    if (this.position >= this.duration - 0.01) this.position = 0;
    if (this.position === 0) this.#counted.clear();
    const when = context().currentTime + AHEAD;
    this.slot = slot;
    this.#voices = new Map();
    for (const [name, buffer] of this.#buffers) {
      const source = new AudioBufferSourceNode(context(), { buffer });
      const gain = new GainNode(context(), { gain: 0 });
      source.connect(gain).connect(context().destination);
      source.start(when, Math.min(this.position, buffer.duration));
      this.#voices.set(name, { source, gain });
    }
    this.#ramp(slot, 1, when);
    this.#startedAt = when - this.position;
    this.#markedAt = this.position;
    this.#count();
    this.#timer = setInterval(() => this.#tick(), 40);
    this.#changed();
  }

  pause() {
    if (!this.isPlaying) return;
    this.#mark();
    this.#stop(RAMP);
  }

  close() {
    this.#isClosed = true;
    this.pause();
    context().removeEventListener("statechange", this.onInterrupted);
  }

  #switch(slot) {
    if (!this.canPlay(slot)) return;
    this.#mark();
    const now = context().currentTime;
    this.#ramp(this.slot, 0, now);
    this.#ramp(slot, 1, now);
    this.slot = slot;
    this.#count();
    this.#changed();
  }

  #ramp(slot, level, when) {
    const { gain } = this.#voices.get(slot).gain;
    gain.cancelScheduledValues(when);
    gain.setValueAtTime(1 - level, when);
    gain.linearRampToValueAtTime(level, when + RAMP);
  }

  #tick() {
    this.#mark();
    if (this.position >= this.duration) this.#stop(0);
    else this.#changed();
  }

  #stop(fade) {
    clearInterval(this.#timer);
    const now = context().currentTime;
    if (fade) this.#ramp(this.slot, 0, now);
    for (const { source } of this.#voices.values()) source.stop(now + fade);
    this.#voices = null;
    this.#changed();
  }

  // Note what was played since the last mark. The context's clock stands when it is interrupted.
  #mark() {
    const now = context().currentTime - this.#startedAt;
    this.position = Math.min(this.duration, Math.max(this.#markedAt, now));
    const own = this.#buffers.get(this.slot).duration;
    this.heard.get(this.slot).add(this.#markedAt, Math.min(own, this.position));
    this.#markedAt = this.position;
  }

  #count() {
    if (this.#counted.has(this.slot)) return;
    this.#counted.add(this.slot);
    this.plays.set(this.slot, this.plays.get(this.slot) + 1);
  }

  #changed() { this.dispatchEvent(new Event("change")); }
}
