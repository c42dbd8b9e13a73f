// Speaking to the server: one request, or one that is tried until it is answered.

import { notice, words } from "./page.js";

const LONGEST_WAIT = 15_000;
const TIMEOUT = 20_000;

let token = "";

const reached = new EventTarget();

export const setToken = (text) => { token = text; };

export class Refusal extends Error {
  constructor(status, answer) {
    super(`${status} ${answer.error}`);
    this.status = status;
    this.answer = answer;
  }
}

// The network is gone, or the server for now: the same request may be sent again.
export class Unreachable extends Error {
  constructor(seconds = 0) {
    super("unreachable");
    this.seconds = seconds;
  }
}

// By which the server knows what it has already, when the same is sent again.
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // Without https there is no randomUUID.
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function request(path, body) {
  const options = { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(TIMEOUT) };
  if (token) options.headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) {
    options.method = "POST";
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let response;
  let answer;
  try {
    response = await fetch(path, { ...options, cache: "no-store" });
    answer = await response.json();
  } catch {
    // Also an answer that is not ours: a proxy's page of errors, a network's login page.
    throw new Unreachable();
  }
  if (response.ok) {
    reached.dispatchEvent(new Event("reached"));
    return answer;
  }
  if (response.status === 429 || response.status >= 500) {
    throw new Unreachable(Number(response.headers.get("Retry-After")) || 0);
  }
  throw new Refusal(response.status, answer);
}

export async function sound(name) {
  let response;
  try {
    response = await fetch(`media/${name}`, {
      headers: { Authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(60_000),
    });
    if (response.ok) return await response.arrayBuffer();
  } catch {
    throw new Unreachable();
  }
  if (response.status === 429 || response.status >= 500) throw new Unreachable();
  throw new Refusal(response.status, await response.json().catch(() => ({})));
}

// Wait longer after each failure, with some chance in it so that not all come back at once. Who waits
// for a network is woken when another request gets through; a server that said how long is obeyed.
export class Patience {
  #failures = 0;

  reset() { this.#failures = 0; }

  wait(seconds = 0) {
    const most = Math.min(LONGEST_WAIT, 500 * 2 ** this.#failures);
    this.#failures += 1;
    const wait = Math.max(seconds * 1000, most * (0.5 + Math.random() / 2));
    return new Promise((resolve) => {
      const timer = setTimeout(done, wait);
      function done() {
        clearTimeout(timer);
        window.removeEventListener("online", done);
        reached.removeEventListener("reached", done);
        resolve();
      }
      window.addEventListener("online", done);
      if (!seconds) reached.addEventListener("reached", done);
    });
  }
}

export async function patiently(attempt) {
  const patience = new Patience();
  let hasFailed = false;
  for (;;) {
    try {
      const answer = await attempt();
      if (hasFailed) notice("");
      return answer;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      hasFailed = true;
      notice(words.notices.lost_page);
      await patience.wait(error.seconds);
    }
  }
}
