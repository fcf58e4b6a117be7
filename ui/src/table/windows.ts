/** The windows of an arrangement that the page has, and those that it will need next. */

import type { Window } from './protocol';

/** A row as it is shown: each cell with its kind. */
export interface Row {
  /** Its place in the data, from 0. */
  number: number;
  texts: string[];
  kinds: Uint8Array;
}

/** Windows that are fetched ahead, in the direction of the way. */
const AHEAD = 3;
const BEHIND = 1;
/** Windows that are kept. */
const KEPT_MAX = 40;
/** Asked for at a time: where the way leads to is known better a moment later. */
const UNDER_WAY_MAX = 2;

export class Windows {
  private readonly kept = new Map<number, Row[]>();
  private readonly underWay = new Set<number>();
  private wanted: number[] = [];
  private lastTop = 0;

  /** `changed` is called when rows have come. */
  constructor(
    private readonly windowRows: number,
    private readonly height: number,
    private readonly fetch: (from: number) => Promise<Window>,
    private readonly changed: () => void,
  ) {}

  /** The row at a place of the arrangement; undefined: it has not come yet. */
  row(place: number): Row | undefined {
    return this.kept.get(Math.floor(place / this.windowRows))?.[place % this.windowRows];
  }

  take(window: Window): void {
    const number = window.from / this.windowRows;
    this.kept.delete(number);
    this.kept.set(number, rowsOf(window));
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= KEPT_MAX) break;
      this.kept.delete(oldest);
    }
  }

  /** Say which rows are shown: they are fetched, and then those that come next on the way. */
  show(top: number, bottom: number): void {
    const [first, last] = [Math.floor(top / this.windowRows), Math.floor(bottom / this.windowRows)];
    const isUp = top < this.lastTop;
    this.lastTop = top;
    const above = range(first - 1, first - (isUp ? AHEAD : BEHIND), -1);
    const below = range(last + 1, last + (isUp ? BEHIND : AHEAD), 1);
    const end = Math.ceil(this.height / this.windowRows);
    this.wanted = [...range(first, last, 1), ...(isUp ? [...above, ...below] : [...below, ...above])].filter(
      (number) => number >= 0 && number < end,
    );
    this.next();
  }

  private next(): void {
    for (const number of this.wanted) {
      if (this.underWay.size >= UNDER_WAY_MAX) return;
      if (this.kept.has(number) || this.underWay.has(number)) continue;
      this.underWay.add(number);
      void this.fetch(number * this.windowRows).then((window) => this.came(number, window));
    }
  }

  private came(number: number, window: Window): void {
    this.underWay.delete(number);
    this.take(window);
    this.next();
    this.changed();
  }
}

function rowsOf({ rows, texts, kinds }: Window): Row[] {
  const width = rows.length === 0 ? 0 : texts.length / rows.length;
  return Array.from(rows, (number, n) => ({
    number,
    texts: texts.slice(n * width, (n + 1) * width),
    kinds: kinds.subarray(n * width, (n + 1) * width),
  }));
}

function range(from: number, to: number, step: 1 | -1): number[] {
  return Array.from({ length: Math.max(0, (to - from) * step + 1) }, (_, n) => from + n * step);
}
