import type { Hunk, Part, TextDiff } from '../../api/schema';

/** A piece of a line, and whether it is what changed. */
export interface Piece {
  text: string;
  isChanged: boolean;
}

export type TextRow =
  | { is: 'equal'; before: number; after: number; text: string }
  | { is: 'removed'; before: number; pieces: Piece[]; startsChange: boolean }
  | { is: 'added'; after: number; pieces: Piece[]; startsChange: boolean }
  | { is: 'fold'; lines: number };

export type SplitRow =
  | { is: 'equal'; before: number; after: number; text: string }
  | { is: 'changed'; removed: Line | null; added: Line | null; startsChange: boolean }
  | { is: 'fold'; lines: number };

interface Line {
  number: number;
  pieces: Piece[];
}

/** The lines of a diff one below the other: what stayed, what went, what came, and how many lines are folded away. */
export function textRows({ changes, lines_after: last, left_out: leftOut }: TextDiff): TextRow[] {
  const rows: TextRow[] = [];
  let told = 0;
  for (const hunk of changes.hunks) {
    const shift = hunk.before_line - hunk.after_line;
    const first = hunk.after_line - hunk.equal_above.length;
    fold(rows, first - told - 1);
    equal(rows, hunk.equal_above, first, shift);
    const marked = piecesOf(hunk);
    marked.removed.forEach((pieces, index) =>
      rows.push({ is: 'removed', before: hunk.before_line + index, pieces, startsChange: index === 0 }),
    );
    const startsHere = hunk.removed.length === 0;
    marked.added.forEach((pieces, index) =>
      rows.push({
        is: 'added',
        after: hunk.after_line + index,
        pieces,
        startsChange: startsHere && index === 0,
      }),
    );
    const behind = hunk.after_line + hunk.added.length;
    equal(rows, hunk.equal_below, behind, shift + hunk.removed.length - hunk.added.length);
    told = behind + hunk.equal_below.length - 1;
  }
  if (!leftOut.hunks) fold(rows, last - told);
  return rows;
}

/** The same, each line that went beside one that came. */
export function splitRows(rows: readonly TextRow[]): SplitRow[] {
  const found: SplitRow[] = [];
  let index = 0;
  while (index < rows.length) {
    const row = rows[index];
    if (row === undefined) break;
    if (row.is === 'equal' || row.is === 'fold') {
      found.push(row);
      index += 1;
      continue;
    }
    const removed: Line[] = [];
    const added: Line[] = [];
    do {
      const each = rows[index];
      if (each?.is === 'removed') removed.push({ number: each.before, pieces: each.pieces });
      else if (each?.is === 'added') added.push({ number: each.after, pieces: each.pieces });
      else break;
      index += 1;
    } while (!startsChange(rows[index]));
    const height = Math.max(removed.length, added.length);
    for (let place = 0; place < height; place += 1) {
      const [one, other] = [removed[place] ?? null, added[place] ?? null];
      found.push({ is: 'changed', removed: one, added: other, startsChange: place === 0 });
    }
  }
  return found;
}

function startsChange(row: TextRow | undefined): boolean {
  return (row?.is === 'removed' || row?.is === 'added') && row.startsChange;
}

function fold(rows: TextRow[], lines: number): void {
  if (lines > 0) rows.push({ is: 'fold', lines });
}

function equal(rows: TextRow[], lines: readonly string[], first: number, shift: number): void {
  lines.forEach((text, index) =>
    rows.push({ is: 'equal', after: first + index, before: first + index + shift, text: withoutEnd(text) }),
  );
}

/** The lines of a hunk, with the words that changed marked. Of a line that has nothing beside it nothing is marked. */
function piecesOf({ words, removed, added }: Hunk): { removed: Piece[][]; added: Piece[][] } {
  return {
    removed: words ? lined(words, 'before') : removed.map(whole),
    added: words ? lined(words, 'after') : added.map(whole),
  };
}

function whole(line: string): Piece[] {
  return [{ text: withoutEnd(line), isChanged: false }];
}

/** One side of parts, line by line. */
export function lined(parts: readonly Part[], side: 'before' | 'after'): Piece[][] {
  const lines: Piece[][] = [[]];
  for (const { is_in: isIn, text } of parts) {
    if (isIn !== 'both' && isIn !== side) continue;
    text.split('\n').forEach((piece, index) => {
      if (index > 0) lines.push([]);
      if (piece) lines.at(-1)?.push({ text: piece, isChanged: isIn === side });
    });
  }
  if (lines.at(-1)?.length === 0) lines.pop();
  return lines;
}

function withoutEnd(line: string): string {
  return line.replace(/\r?\n$/, '');
}
