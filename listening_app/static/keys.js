// The switch of single keys (WCAG 2.1.4), one for all pages of a visit.

import { part } from "./page.js";

let isOn = true;

export const usesKeys = () => isOn;

// Set the page's checkbox as the rater left it on the one before.
export function offerSwitch() {
  const box = part("[data-keys]");
  box.checked = isOn;
  box.addEventListener("change", () => { isOn = box.checked; });
}
