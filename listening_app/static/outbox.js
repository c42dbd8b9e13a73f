// Answers on their way: kept in the browser's database until the server has said that it has them.

import { fill, notice, passingNotice, words } from "./page.js";
import { Patience, Refusal, Unreachable, request } from "./server.js";

const DATABASE = "sing-eval";

// In a private window, or in a frame that may store nothing, memory has to do.
class Memory {
  #values = new Map();

  async all() { return [...this.#values.values()]; }

  async add(value) {
    const key = value.key.join();
    if (!this.#values.has(key)) this.#values.set(key, value);
  }

  async put(value) { this.#values.set(value.key.join(), value); }

  async remove(key) { this.#values.delete(key.join()); }
}

class Stored {
  #database;

  constructor(database) { this.#database = database; }

  #run(mode, act) {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction("kept", mode, { durability: "strict" });
      const asked = act(transaction.objectStore("kept"));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = () => reject(transaction.error);
      // What another tab has kept already stays as it is.
      asked.onerror = (event) => { event.preventDefault(); resolve(); };
    });
  }

  all() { return this.#run("readonly", (store) => store.getAll()); }

  add(value) { return this.#run("readwrite", (store) => store.add(value)); }

  put(value) { return this.#run("readwrite", (store) => store.put(value)); }

  remove(key) { return this.#run("readwrite", (store) => store.delete(key)); }
}

async function open() {
  try {
    return new Stored(await new Promise((resolve, reject) => {
      const opening = indexedDB.open(DATABASE, 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore("kept", { keyPath: "key" });
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
      opening.onblocked = () => reject(new Error("blocked"));
    }));
  } catch {
    return new Memory();
  }
}

const opened = open();

// What was begun in a stage, such as half of the headphone tasks.
export async function keepDraft(session, name, values) {
  await (await opened).put({ key: [session, name], values });
}

export async function draft(session, name) {
  const kept = await (await opened).all();
  return kept.find(({ key }) => key[0] === session && key[1] === name)?.values ?? {};
}

export async function dropDraft(session, name) {
  await (await opened).remove([session, name]);
}

// Nothing of a session that was withdrawn is kept here.
export async function forgetSession(session) {
  const store = await opened;
  const kept = await store.all();
  await Promise.all(kept.filter(({ key }) => key[0] === session).map(({ key }) => store.remove(key)));
}

// `onMoved(position)`: the server wants another trial than the one that was sent.
// `onRefused(error)`: the session cannot go on.
export class Outbox {
  #session;

  #store = null;

  #waiting = [];

  #sending = null;

  #isDone = null;

  constructor(session, { onMoved, onRefused }) {
    this.#session = session;
    this.onMoved = onMoved;
    this.onRefused = onRefused;
  }

  async open() {
    this.#store = await opened;
    const kept = await this.#store.all();
    this.#waiting = kept
      .filter(({ key }) => key[0] === this.#session && typeof key[1] === "number")
      .map(({ answer }) => answer)
      .sort((one, other) => one.position - other.position);
    if (this.#waiting.length) this.#send();
  }

  get positions() { return this.#waiting.map(({ position }) => position); }

  async add(answer) {
    this.#waiting.push(answer);
    try {
      await this.#store.add({ key: [this.#session, answer.position], answer });
    } catch {
      // The disk is full: the answer is sent from memory.
    }
    this.#send();
  }

  // Everything is with the server; its last reply if that ended the session.
  async empty() {
    while (this.#waiting.length || this.#sending) await (this.#sending ?? this.#send());
    return this.#isDone;
  }

  #send() {
    this.#sending ??= this.#sendAll().finally(() => { this.#sending = null; });
    return this.#sending;
  }

  async #sendAll() {
    const patience = new Patience();
    let hasFailed = false;
    while (this.#waiting.length) {
      const [answer] = this.#waiting;
      try {
        const reply = await request("api/answers", answer);
        if (reply.stage === "done") this.#isDone = reply;
        await this.#forget(answer);
        patience.reset();
      } catch (error) {
        if (error instanceof Unreachable) {
          hasFailed = true;
          notice(fill(words.notices.lost, { n: this.#waiting.length }), "answers");
          await patience.wait(error.seconds);
        } else if (!(error instanceof Refusal) || !(await this.#settle(answer, error))) {
          this.#waiting = [];
          this.onRefused(error);
          return;
        }
      }
    }
    if (hasFailed) passingNotice(words.notices.restored, "answers");
  }

  // Whether things can go on after the server refused an answer.
  async #settle(answer, { status, answer: { error, position } }) {
    if (error === "conflict") {
      await this.#forget(answer);
      this.onMoved(position, true);
      return true;
    }
    if (error === "order") {
      // The server lacks an earlier one. Here that trial and ours are answered again; what stays in
      // the browser's database is sent only by a page that is opened anew.
      this.#waiting.shift();
      this.onMoved(position, false);
      return true;
    }
    if (status === 422 || status === 400) {
      await this.#forget(answer);
      this.onMoved(answer.position, false);
      return true;
    }
    return false;
  }

  async #forget(answer) {
    this.#waiting = this.#waiting.filter(({ position }) => position !== answer.position);
    await this.#store.remove([this.#session, answer.position]).catch(() => {});
  }
}
