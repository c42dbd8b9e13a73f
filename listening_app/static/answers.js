// The controls for the answer to a trial, one kind for each test: native radio buttons and sliders.
//
// Each gives { values(), pick(digit), keys, element }: `values` is undefined until all is answered.

import { element, fill, rules, words } from "./page.js";

function radios(options, isList) {
  const inputs = options.map(({ value, digit, content }) => {
    const input = element("input", { type: "radio", name: "answer", value: String(value) });
    return { value, digit, input, content };
  });
  const box = element(
    "div",
    { className: isList ? "options as-list" : "options in-row" },
    ...inputs.map(({ digit, input, content }) => element(
      "label",
      { className: "option" },
      input,
      ...content,
      ...(content.length > 1 ? [] : [element("kbd", { "aria-hidden": "true" }, digit)]),
    )),
  );
  return { inputs, box };
}

function chosen(inputs) {
  return inputs.find(({ input }) => input.checked)?.value;
}

function picker(inputs) {
  return (digit) => {
    const found = inputs.find((each) => each.digit === digit);
    if (!found) return;
    found.input.click();
    found.input.focus();
  };
}

function byScore(name) {
  const [low] = rules.limits;
  const isComparison = low < 0;
  const options = rules.labels.map((label, index) => {
    const value = low + index;
    const shown = isComparison ? String(index + 1) : String(value);
    const said = value === 1 ? words.trial.one_point : fill(words.trial.points, { n: value });
    const points = element("span", { className: "points", "aria-hidden": "true" }, shown);
    const unseen = element("span", { className: "unseen" }, `${said}: `);
    const wording = element("span", { className: "words" }, label);
    return {
      value, digit: shown, content: isComparison ? [wording] : [points, unseen, wording],
    };
  });
  // Of a MOS the best stands above; a comparison runs from A to B.
  if (!isComparison) options.reverse();
  const { inputs, box } = radios(options, true);
  return {
    element: box,
    keys: options.map(({ digit }) => digit).sort(),
    pick: picker(inputs),
    values: () => (chosen(inputs) === undefined ? undefined : { [name]: chosen(inputs) }),
  };
}

function byChoice() {
  const options = rules.judged.map((slot, index) => ({
    value: slot,
    digit: String(index + 1),
    content: [element("span", { className: "words" }, words.trial[`choose_${slot.toLowerCase()}`])],
  }));
  const { inputs, box } = radios(options, false);
  return {
    element: box,
    keys: options.map(({ digit }) => digit),
    pick: picker(inputs),
    values: () => (chosen(inputs) === undefined ? undefined : { choice: chosen(inputs) }),
  };
}

function rating(slot, button) {
  const label = fill(words.trial.score_of, { slot: slot.slice(1) });
  const output = element("output", {}, "–");
  const range = element("input", {
    type: "range", min: "0", max: "100", step: "1", value: "0", ariaLabel: label,
  });
  range.setAttribute("aria-valuetext", words.trial.unrated);
  const row = element("div", { className: "rating is-unrated" }, button, range, output);
  // Also the 0 at which the slider stands may be meant: a click or a key on it says so.
  const rate = () => {
    row.classList.remove("is-unrated");
    output.textContent = range.value;
    range.setAttribute("aria-valuetext", range.value);
    range.dispatchEvent(new Event("rated", { bubbles: true }));
  };
  range.addEventListener("input", rate);
  range.addEventListener("pointerup", rate);
  range.addEventListener("keyup", ({ key }) => {
    if (/^(Arrow|Home|End|Page)/.test(key)) rate();
  });
  return { slot, row, score: () => (row.matches(".is-unrated") ? undefined : Number(range.value)) };
}

function bySliders(slots, buttonOf) {
  const rows = slots.map((slot) => rating(slot, buttonOf(slot)));
  const scale = element("div", {}, ...rules.labels.map((label) => element("span", {}, label)));
  const box = element(
    "div",
    {},
    element("div", { className: "parts", "aria-hidden": "true" }, scale),
    ...rows.map(({ row }) => row),
  );
  return {
    element: box,
    keys: [],
    pick: () => {},
    values: () => {
      const scores = rows.map(({ slot, score }) => [slot, score()]);
      const isComplete = scores.every(([, score]) => score !== undefined);
      return isComplete ? Object.fromEntries(scores) : undefined;
    },
  };
}

// `slots` are those that are judged; `buttonOf` makes the button that plays one.
export function answerControls(slots, buttonOf) {
  if (rules.test === "mushra") return bySliders(slots, buttonOf);
  return rules.test === "mos" || rules.test === "cmos" ? byScore("score") : byChoice();
}
