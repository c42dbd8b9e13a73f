// The union of the intervals of a sound that were really played, in seconds.

export class Heard {
  #intervals = [];

  add(start, end) {
    if (!(end > start)) return;
    const apart = this.#intervals.filter(([from, to]) => to < start || from > end);
    const touching = this.#intervals.filter(([from, to]) => to >= start && from <= end);
    const joined = [
      Math.min(start, ...touching.map(([from]) => from)),
      Math.max(end, ...touching.map(([, to]) => to)),
    ];
    this.#intervals = [...apart, joined].sort(([one], [other]) => one - other);
  }

  get intervals() { return this.#intervals; }

  get seconds() {
    return this.#intervals.reduce((sum, [start, end]) => sum + end - start, 0);
  }
}
