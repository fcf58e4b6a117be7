/** The part of an unparsable text in which the fault is. */
export interface Excerpt {
  before: string;
  /** From the place of the fault to the end of the excerpt. */
  after: string;
  /** Characters of the text that are left out before it and behind it. */
  leftOutBefore: number;
  leftOutAfter: number;
}

/** Characters that are shown before the fault, and from there on. */
export const EXCERPT_MAX = 10_000;

export function excerptOf(text: string, offset: number): Excerpt {
  const from = Math.max(0, offset - EXCERPT_MAX);
  const to = Math.min(text.length, offset + EXCERPT_MAX);
  return {
    before: text.slice(from, offset),
    after: text.slice(offset, to),
    leftOutBefore: from,
    leftOutAfter: text.length - to,
  };
}
