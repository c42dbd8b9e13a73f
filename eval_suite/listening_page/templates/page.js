// Ties the page to the player and the rows: buttons, keys, the moving line, the words that are said.

const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

const data = JSON.parse($("#data").textContent);
const rows = new Rows(data, $("#notes"), $$(".note"));
const player = new Player(loadSounds, show);
const isStill = matchMedia("(prefers-reduced-motion: reduce)");
const STILL_STEP_SECONDS = 0.5;

// The sounds of a note: on the page itself, or in a script beside it, which works from a disk
// where a page may not read files.
const waiting = new Map();

function receiveSounds(row, sounds) {
  waiting.get(row)(sounds);
}

function loadSounds(row) {
  const inline = document.getElementById(`sounds-${row}`);
  if (inline) return Promise.resolve(JSON.parse(inline.textContent));
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    waiting.set(row, resolve);
    script.src = data.notes[row].sounds;
    script.onload = () => script.remove();
    script.onerror = () => {
      script.remove();
      reject(new Error(`${script.getAttribute("src")} is not there; keep the page's folder whole`));
    };
    document.head.append(script);
  });
}

// What to do on a click or a key.

function play(row, column, offset = 0) {
  return player.play(row, column, offset).catch((error) => {
    player.choose(row, column, 0);
    $("#status").textContent = `This note cannot be played: ${error.message}`;
  });
}

function press(row, column) {
  if (row !== player.row) play(row, column);
  else if (column !== player.column) player.isPlaying ? player.hear(column) : play(row, column, player.offset);
  else toggle();
}

function toggle() {
  if (player.row === null) moveNote(1); // nothing chosen yet: the first note
  if (player.row === null) return undefined; // nothing shown
  if (player.isPlaying) return player.pause();
  return play(player.row, player.column, player.offset);
}

function columnsOf(row) {
  return $$(".play", rows.elements[row]).map((button) => Number(button.dataset.column));
}

function choose(row, column) {
  const columns = columnsOf(row);
  if (!columns.length) return;
  const heard = columns.includes(column) ? column : columns[0];
  if (row === player.row && player.isPlaying) player.hear(heard);
  else if (row === player.row) player.choose(row, heard, player.offset);
  else if (player.isPlaying) play(row, heard);
  else player.choose(row, heard, 0);
  focusOn(row, heard);
}

function focusOn(row, column) {
  const button = $(`.play[data-column="${column}"]`, rows.elements[row]);
  button.focus({ preventScroll: true });
  rows.elements[row].scrollIntoView({ block: "nearest", behavior: isStill.matches ? "auto" : "smooth" });
}

function moveSystem(step) {
  if (player.row === null) return moveNote(1);
  const columns = columnsOf(player.row);
  const place = columns.indexOf(player.column) + step;
  if (place >= 0 && place < columns.length) choose(player.row, columns[place]);
}

function moveNote(step) {
  const playable = rows.shown.filter((row) => columnsOf(row).length);
  const place = playable.indexOf(player.row);
  const next = place < 0 ? 0 : place + step;
  if (next >= 0 && next < playable.length) choose(playable[next], player.column);
}

function chooseSystem(column) {
  const row = player.row ?? rows.shown[0];
  if (row !== undefined && columnsOf(row).includes(column)) choose(row, column);
}

// What is seen and said.

function show() {
  const { row, column, isPlaying } = player;
  $("#loop").setAttribute("aria-pressed", player.isLooping);
  if (row === null) return;
  for (const old of $$(".is-current, .is-heard")) old.classList.remove("is-current", "is-heard");
  for (const old of $$('.note [aria-pressed="true"]')) old.setAttribute("aria-pressed", "false");
  const element = rows.elements[row];
  element.classList.add("is-current");
  const button = $(`.play[data-column="${column}"]`, element);
  button.parentElement.classList.add("is-heard");
  button.setAttribute("aria-pressed", isPlaying);
  $("#toggle").setAttribute("aria-pressed", isPlaying);
  $("#position").disabled = false;
  const columns = columnsOf(row);
  for (const choice of $$(".choice")) {
    const own = Number(choice.dataset.column);
    choice.setAttribute("aria-pressed", own === column);
    choice.disabled = !columns.includes(own);
    if (own === column) choice.parentElement.scrollLeft = choice.offsetLeft - choice.offsetWidth;
  }
  const what = isPlaying ? "Playing" : player.offset > 0 ? "Paused" : "Ready";
  say(`${what}: ${data.columns[column]}, ${data.notes[row].name}`);
  follow();
}

function say(words) {
  const status = $("#status");
  if (status.textContent !== words) status.textContent = words;
}

let frame = 0;

function follow() {
  cancelAnimationFrame(frame);
  const position = isStill.matches && player.isPlaying
    ? Math.floor(player.position / STILL_STEP_SECONDS) * STILL_STEP_SECONDS
    : player.position;
  rows.elements[player.row].style.setProperty("--position", position / data.seconds);
  if (document.activeElement !== $("#position") || player.isPlaying) $("#position").value = position;
  $("#time").textContent = `${position.toFixed(1)} s`;
  if (player.isPlaying) frame = requestAnimationFrame(follow);
}

function arrange() {
  const key = $("#sort").value;
  const isMetric = key !== "name" && key !== "pitch";
  for (const select of [$("#sort-system"), $("#order")]) select.disabled = !isMetric;
  rows.filter($("#find").value, $("#family").value);
  rows.sort(key, $("#sort-system").value, $("#order").value === "worst");
  const count = rows.shown.length;
  const all = data.notes.length;
  $("#count").textContent = count === all ? notes(all) : `${count} of ${notes(all)}`;
  $("#none").hidden = count > 0;
  for (const item of $$(".metrics li")) item.classList.toggle("is-key", item.textContent === data.metrics[key]?.name);
  if ($("#means")) showMeans(count);
}

function showMeans(count) {
  const means = rows.means();
  $("#means-count").textContent = `of ${notes(count)}`;
  const cells = $$(".values", $("#means"));
  for (const [metric, mean] of means.entries()) {
    const best = rows.best(metric, mean.values);
    for (const [system, value] of mean.values.entries()) {
      const number = cells[system].children[metric].lastElementChild;
      number.textContent = rounded(value);
      number.classList.toggle("is-best", best !== null && value === best);
      number.title = `mean of ${notes(mean.count)}`;
    }
  }
}

function notes(count) {
  return count === 1 ? "1 note" : `${count} notes`;
}

// Events.

$("#notes").addEventListener("click", (event) => {
  const cell = event.target.closest('[role="cell"]');
  const button = cell && $(".play", cell);
  if (!button) return;
  const row = Number(cell.parentElement.dataset.row);
  const column = Number(button.dataset.column);
  const picture = event.target.closest(".picture");
  if (event.target.closest(".play")) press(row, column);
  else if (picture) {
    const box = picture.getBoundingClientRect();
    play(row, column, (data.seconds * (event.clientX - box.left)) / box.width);
  }
});

$(".choices").addEventListener("click", (event) => {
  const choice = event.target.closest(".choice");
  if (choice) chooseSystem(Number(choice.dataset.column));
});
$("#toggle").addEventListener("click", toggle);
$("#loop").addEventListener("click", () => player.repeat(!player.isLooping));
$("#position").addEventListener("input", (event) => player.seek(Number(event.target.value)));
$(".tools").addEventListener("input", arrange);
$(".tools").addEventListener("submit", (event) => event.preventDefault());

const KEYS = {
  " ": toggle,
  ArrowLeft: () => moveSystem(-1),
  ArrowRight: () => moveSystem(1),
  ArrowUp: () => moveNote(-1),
  ArrowDown: () => moveNote(1),
  l: () => player.repeat(!player.isLooping),
};

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || !$("#keys").checked) return;
  const target = event.target;
  if (target.closest('input[type="search"], select')) return;
  if (target.type === "range" && event.key.startsWith("Arrow")) return;
  if (event.key === " " && target.closest("button, summary, input")) return; // its own key
  const isDigit = /^[1-9]$/.test(event.key);
  const action = isDigit ? () => chooseSystem(Number(event.key) - 1) : KEYS[event.key.toLowerCase()] ?? KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

if (navigator.audioSession) navigator.audioSession.type = "playback"; // heard on a muted iPhone
arrange();
