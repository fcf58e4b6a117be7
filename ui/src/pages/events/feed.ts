import type { SizedEntry } from '../../api/schema';

/** All entries that match of the positions above `from` up to `to`, the newest first. */
export interface Span {
  from: number;
  to: number;
  entries: SizedEntry[];
}

/** A row of the feed: an event, or positions that the log ought to have and has not. */
export type Row = { is: 'event'; entry: SizedEntry } | { is: 'gap'; first: number; last: number };

/** Rows that are kept of what is new; of more, the older half is let go, and read again when it is scrolled to. */
const NEWER_MAX = 10_000;

/**
 * What the feed shows of a log: all of the positions above `from` up to `to`.
 *
 * Rows are kept in the two directions in which they come, so that a new one costs the same however many there are.
 */
export class Feed {
  from: number;
  to: number;
  /** How many rows of `newer` are shown while it is held; null: all. */
  private heldAt: number | null = null;
  private newer: Row[] = []; // the oldest first
  private older: Row[]; // the newest first

  constructor(
    first: Span,
    /** Whether nothing is left out, so that each position has its row. */
    private readonly isWhole: boolean,
  ) {
    ({ from: this.from, to: this.to } = first);
    this.older = this.rowsOf(first);
  }

  /** How many rows are shown. */
  get length(): number {
    return this.shownOfNewer + this.older.length;
  }

  /** How many events wait while it is held. */
  get waiting(): number {
    return this.newer.slice(this.shownOfNewer).filter((row) => row.is === 'event').length;
  }

  /** The row at a place, the newest first. */
  at(index: number): Row | undefined {
    const shown = this.shownOfNewer;
    return index < shown ? this.newer[shown - 1 - index] : this.older[index - shown];
  }

  /** The place of a position; -1: it has none. */
  placeOf(position: number): number {
    for (let index = 0; index < this.length; index += 1) {
      const row = this.at(index);
      if (row?.is === 'event' && row.entry.position === position) return index;
    }
    return -1;
  }

  /** Take in what comes next. What is there already is not taken again. */
  addNewer(span: Span): void {
    if (span.to <= this.to) return;
    const entries = span.entries.filter((each) => each.position > this.to);
    this.newer.push(...this.rowsOf({ from: this.to, to: span.to, entries }).reverse());
    this.to = span.to;
    if (this.heldAt === null && this.newer.length > NEWER_MAX) this.letGo();
  }

  /** Take in what was before. */
  addOlder(span: Span): void {
    if (span.from >= this.from) return;
    this.older.push(...this.rowsOf(span));
    this.from = span.from;
  }

  /** Show nothing that is new until `release`. */
  hold(): void {
    this.heldAt ??= this.newer.length;
  }

  release(): void {
    this.heldAt = null;
  }

  private get shownOfNewer(): number {
    return this.heldAt ?? this.newer.length;
  }

  private letGo(): void {
    this.newer = this.newer.slice(-NEWER_MAX / 2);
    this.older = [];
    const [oldest] = this.newer;
    if (oldest) this.from = (oldest.is === 'event' ? oldest.entry.position : oldest.first) - 1;
  }

  /** The rows of a span, the newest first, with what is missing in it. */
  private rowsOf({ from, to, entries }: Span): Row[] {
    const rows: Row[] = [];
    let next = to;
    for (const entry of entries) {
      if (this.isWhole && entry.position < next)
        rows.push({ is: 'gap', first: entry.position + 1, last: next });
      rows.push({ is: 'event', entry });
      next = entry.position - 1;
    }
    if (this.isWhole && next > from) rows.push({ is: 'gap', first: from + 1, last: next });
    return rows;
  }
}
