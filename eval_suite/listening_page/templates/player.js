"use strict";

// Plays the sounds of one note, all at once, and lets one of them be heard: another system is heard
// at the very same sample. It knows nothing of the page.

const RAMP_SECONDS = 0.008; // long enough not to click, too short to be noticed
const AHEAD_SECONDS = 0.02; // all sounds are scheduled for one common moment
const KEPT_NOTES = 12; // decoded: 5 MB each with six systems

class Player {
  // `load(row)` gives a promise of the note's FLAC files in base64, null where there is none.
  constructor(load, changed) {
    this.load = load;
    this.changed = changed;
    this.row = null;
    this.column = 0;
    this.duration = 0;
    this.isPlaying = false;
    this.isLooping = false;
    this.offset = 0; // where playing began, or goes on
    this.startedAt = 0; // the context's time of that moment
    this.decoded = new Map();
    this.voices = [];
    this.request = 0;
  }

  // Seconds into the note, as heard now.
  get position() {
    if (!this.voices.length) return this.offset;
    const played = Math.max(0, this.context.currentTime - this.startedAt - this.latency);
    const position = this.offset + played;
    return this.isLooping ? position % this.duration : Math.min(position, this.duration);
  }

  // How long a sample takes from here to the ear, as far as the browser knows.
  get latency() {
    return this.context.outputLatency || 0;
  }

  async play(row, column, offset) {
    this.context ??= new AudioContext();
    const request = this.place(row, column, offset);
    this.isPlaying = true;
    this.changed();
    const resumed = this.context.resume(); // within the gesture, as browsers want it
    const buffers = await this.buffers(row);
    await resumed;
    if (request === this.request) this.start(buffers);
  }

  // Keep a note at hand without playing it.
  choose(row, column, offset) {
    this.place(row, column, offset);
    this.changed();
  }

  // Stop what plays, and forget what still loads.
  place(row, column, offset) {
    this.silence();
    Object.assign(this, { row, column, offset });
    return ++this.request;
  }

  start(buffers) {
    const context = this.context;
    this.duration = buffers.find((buffer) => buffer).duration;
    if (this.offset >= this.duration) this.offset = 0;
    this.startedAt = context.currentTime + AHEAD_SECONDS;
    this.master = context.createGain();
    this.master.connect(context.destination);
    if (this.offset > 0) {
      this.master.gain.setValueAtTime(0, this.startedAt);
      this.master.gain.linearRampToValueAtTime(1, this.startedAt + RAMP_SECONDS);
    }
    this.voices = buffers.map((buffer, column) => buffer && this.voice(buffer, column));
    const voices = this.voices;
    voices.find((voice) => voice).source.onended = () => {
      if (this.voices === voices) this.end();
    };
  }

  voice(buffer, column) {
    const source = this.context.createBufferSource();
    const gain = this.context.createGain();
    source.buffer = buffer;
    source.loop = this.isLooping;
    gain.gain.value = column === this.column ? 1 : 0;
    source.connect(gain).connect(this.master);
    source.start(this.startedAt, this.offset);
    return { source, gain };
  }

  // Let another system be heard, at the same position.
  hear(column) {
    this.column = column;
    for (const [place, voice] of this.voices.entries()) {
      if (voice) this.ramp(voice.gain.gain, place === column ? 1 : 0);
    }
    this.changed();
  }

  pause() {
    this.choose(this.row, this.column, this.position);
  }

  end() {
    this.choose(this.row, this.column, 0);
  }

  seek(seconds) {
    if (this.isPlaying) return this.play(this.row, this.column, seconds);
    this.choose(this.row, this.column, seconds);
    return Promise.resolve();
  }

  repeat(isLooping) {
    if (this.voices.length) {
      // Count from where this round began: from now on there may be no other, or many.
      this.startedAt = this.context.currentTime - this.latency - this.position;
      this.offset = 0;
    }
    this.isLooping = isLooping;
    for (const voice of this.voices) if (voice) voice.source.loop = isLooping;
    this.changed();
  }

  silence() {
    const voices = this.voices;
    this.isPlaying = false;
    this.voices = [];
    if (!voices.length) return;
    this.ramp(this.master.gain, 0);
    const end = this.context.currentTime + 2 * RAMP_SECONDS;
    for (const voice of voices) if (voice) voice.source.stop(end);
  }

  ramp(parameter, value) {
    const now = this.context.currentTime;
    const from = parameter.value;
    parameter.cancelScheduledValues(now);
    parameter.setValueAtTime(from, now);
    parameter.linearRampToValueAtTime(value, now + RAMP_SECONDS);
  }

  // The decoded sounds of a note, null where there is none; the last few notes are kept.
  async buffers(row) {
    if (!this.decoded.has(row)) {
      this.decoded.set(row, this.decode(row));
      if (this.decoded.size > KEPT_NOTES) this.decoded.delete(this.decoded.keys().next().value);
    }
    try {
      return await this.decoded.get(row);
    } catch (error) {
      this.decoded.delete(row);
      throw error;
    }
  }

  async decode(row) {
    const sounds = await this.load(row);
    return Promise.all(sounds.map((sound) => sound && this.context.decodeAudioData(bytes(sound))));
  }
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)).buffer;
}
