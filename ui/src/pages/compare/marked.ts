interface Marked {
  start: string;
  middle: string;
  end: string;
}

/** Two texts, each in what both begin with, what is its own, and what both end with. */
export function marked(before: string, after: string): [Marked, Marked] {
  const [one, other] = [Array.from(before), Array.from(after)];
  const shortest = Math.min(one.length, other.length);
  let start = 0;
  while (start < shortest && one[start] === other[start]) start += 1;
  let end = 0;
  while (end < shortest - start && one.at(-1 - end) === other.at(-1 - end)) end += 1;
  return [cut(one, start, end), cut(other, start, end)];
}

function cut(letters: string[], start: number, end: number): Marked {
  const last = letters.length - end;
  return {
    start: letters.slice(0, start).join(''),
    middle: letters.slice(start, last).join(''),
    end: letters.slice(last).join(''),
  };
}
