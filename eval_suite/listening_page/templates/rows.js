// The rows of the table: which are shown, in which order, and the means of their numbers.

class Rows {
  constructor(data, body, elements) {
    this.data = data;
    this.body = body;
    this.elements = elements; // by row number
    this.shown = [...elements.keys()];
  }

  // Show the notes of a family (any for "") whose name holds every word of `text`.
  filter(text, family) {
    const words = text.toLowerCase().split(/\s+/);
    this.shown = [];
    for (const [row, note] of this.data.notes.entries()) {
      const name = note.name.toLowerCase();
      const fits = (!family || note.family === family) && words.every((word) => name.includes(word));
      this.elements[row].hidden = !fits;
      if (fits) this.shown.push(row);
    }
  }

  // Put the rows in order: by name, by pitch, or by a metric of a system (or of any of them).
  // A note without a number comes last.
  sort(key, system, isWorstFirst) {
    const numbers = this.data.notes.map((note) => this.number(note, key, system, isWorstFirst));
    const descends = key === "name" || key === "pitch" ? false : isWorstFirst === this.isLowerBetter(key);
    const compare = (a, b) => {
      if (numbers[a] === null || numbers[b] === null) {
        return (numbers[a] === null) - (numbers[b] === null) || a - b;
      }
      return (descends ? numbers[b] - numbers[a] : numbers[a] - numbers[b]) || a - b;
    };
    const order = [...this.elements.keys()].sort(compare);
    this.body.append(...order.map((row) => this.elements[row]));
    const shown = new Set(this.shown);
    this.shown = order.filter((row) => shown.has(row));
  }

  isLowerBetter(key) {
    return !this.data.metrics[key].higher_is_better;
  }

  number(note, key, system, isWorstFirst) {
    if (key === "name") return 0; // rows are numbered by name
    if (key === "pitch") return note.pitch;
    if (system !== "any") return note.values[system][key];
    const values = note.values.map((own) => own[key]);
    return isWorstFirst ? this.worst(key, values) : this.best(key, values);
  }

  best(key, values) {
    return extreme(values, this.isLowerBetter(key) ? Math.min : Math.max);
  }

  worst(key, values) {
    return extreme(values, this.isLowerBetter(key) ? Math.max : Math.min);
  }

  // For each metric, the systems' means over the shown notes that all of them have (those that have
  // any), and how many notes these are.
  means() {
    const notes = this.shown.map((row) => this.data.notes[row]);
    return this.data.metrics.map((_, metric) => {
      const systems = [...this.data.systems.keys()];
      const has = (note, system) => note.values[system][metric] !== null;
      const scored = systems.filter((system) => notes.some((note) => has(note, system)));
      const common = notes.filter((note) => scored.every((system) => has(note, system)));
      const mean = (system) => common.reduce((sum, note) => sum + note.values[system][metric], 0) / common.length;
      return { count: common.length, values: systems.map((system) => (scored.includes(system) && common.length ? mean(system) : null)) };
    });
  }
}

// Of the values that are there; null where there is none.
function extreme(values, choose) {
  const known = values.filter((value) => value !== null);
  return known.length ? choose(...known) : null;
}

// Four significant digits, as in the table that sing-eval metrics prints.
function rounded(value) {
  if (value === null) return "–";
  if (value === 0) return "0";
  if (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e7) return value.toExponential(3);
  const digits = Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
