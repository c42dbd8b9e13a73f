// From the link to the last page: which stage comes next is what the server says.

import { context, NoAudio, unlock } from "./audio.js";
import { headphoneTests, questions, soundCheck } from "./before.js";
import { say, thank } from "./ending.js";
import { forgetSession } from "./outbox.js";
import { clicked, part, show } from "./page.js";
import { patiently, Refusal, request, setToken, uuid } from "./server.js";
import { runTrials } from "./trials.js";

const STAGES = { questions, sound: soundCheck, headphones: headphoneTests };

// The fragment of the address: never sent to a server, and kept by a reload or a copied link.
const FRAGMENT = "#session=";

function tokenInAddress() {
  return location.hash.startsWith(FRAGMENT) ? location.hash.slice(FRAGMENT.length) : "";
}

function keepToken(token) {
  setToken(token);
  history.replaceState(null, "", `${location.pathname}${location.search}${FRAGMENT}${token}`);
}

const VISITOR = `sing-eval visitor ${location.pathname}`;

// Who comes by an open link. The same in this tab, also after a reload, until the server has said
// that it knows them: else a reply that is lost would make them two raters.
function visitor() {
  try {
    if (!sessionStorage.getItem(VISITOR)) sessionStorage.setItem(VISITOR, uuid());
    return sessionStorage.getItem(VISITOR);
  } catch {
    return uuid(); // in a frame that may store nothing, only until the page is loaded again
  }
}

function forgetVisitor() {
  try {
    sessionStorage.removeItem(VISITOR);
  } catch {
    // Nothing was stored.
  }
}

async function join() {
  const parameters = Object.fromEntries(new URLSearchParams(location.search));
  const body = { parameters, visitor: visitor(), language: document.documentElement.lang };
  const joined = await patiently(() => request("api/join", body));
  forgetVisitor();
  keepToken(joined.token);
  return joined;
}

async function begin() {
  show("consent");
  if (!part("[data-do=agree]")) return undefined;
  const given = await Promise.race([
    clicked("[data-do=agree]").then(() => true),
    clicked("[data-do=refuse]").then(() => false),
  ]);
  for (const button of document.querySelectorAll("#stage button")) button.disabled = true;
  // Not waited for: without a sound device it never comes true.
  if (given) unlock().catch(() => {});
  const joined = await join();
  if (joined.error) return finish(joined);
  // Who agreed before and does not now withdraws: the server deletes what they gave.
  if (!given || joined.stage === "consent") {
    const state = await patiently(() => request("api/stages/consent", { given }));
    if (!given) await forgetSession(state.session).catch(() => {});
    if (state.stage === "done") return finish(state);
  }
  return resume(false);
}

// All stages from where the session stands. Who `hasJustCome` has made no gesture here yet.
async function resume(hasJustCome) {
  let session = await patiently(() => request("api/session"));
  if (session.language !== document.documentElement.lang) {
    const search = new URLSearchParams(location.search);
    if (search.get("lang") !== session.language) {
      search.set("lang", session.language);
      location.replace(`${location.pathname}?${search}${location.hash}`);
      return undefined;
    }
  }
  if (session.stage === "consent") return begin();
  let isNew = hasJustCome;
  while (session.stage in STAGES) {
    const { stage } = session;
    const { isSent, ...given } = await STAGES[stage](session);
    const state = await patiently(() => request(`api/stages/${stage}`, given));
    await isSent?.();
    session = { ...session, ...state };
    isNew = false;
  }
  if (session.stage !== "done") {
    const last = await runTrials(session, isNew);
    session = last ?? await patiently(() => request("api/session"));
    if (session.stage !== "done") return resume(false);
  }
  return finish(session);
}

function finish(session) {
  if (session.outcome === "complete" && !session.error) return thank(session);
  return say(session.outcome === "complete" ? "done" : session.outcome, session);
}

function explain(error) {
  if (error instanceof NoAudio) return say("no_audio");
  if (!(error instanceof Refusal)) {
    say("fault");
    throw error;
  }
  const { status, answer } = error;
  if (answer.error === "closed") return say(answer.outcome);
  if (answer.error === "full") return say(answer.final ? "full" : "busy");
  const names = { token: "link", expired: "expired", gone: "gone", link: "link" };
  return say(names[answer.error] ?? (status === 401 ? "link" : "fault"));
}

async function start() {
  const token = tokenInAddress();
  if (token) {
    setToken(token);
    try {
      await resume(true);
      return;
    } catch (error) {
      // The link by which somebody first came works longer than what we put after it.
      const isOld = error instanceof Refusal && error.status === 401;
      if (!isOld || !location.search) throw error;
      setToken("");
      history.replaceState(null, "", location.pathname + location.search);
    }
  }
  const message = document.getElementById("stage").dataset.message;
  if (message) say(message);
  else await begin();
}

// A page that the browser kept alive while its rater was elsewhere asks again where it stands.
window.addEventListener("pageshow", ({ persisted }) => { if (persisted) location.reload(); });
window.addEventListener("hashchange", () => location.reload());

try {
  context();
  await start();
} catch (error) {
  explain(error);
}
