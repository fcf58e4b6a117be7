/** How the columns of a table look before anybody has touched them: title, type, alignment, width; from a sample of rows. */

import { BOOLEAN, isEmpty, kindOf, NESTED, NUMBER, TEXT, textOf } from './cells';
import type { Table } from './table';

export type ColumnType = 'number' | 'text' | 'boolean' | 'nested' | 'mixed' | 'empty';

export interface Heading {
  /** As the API knows the column. */
  name: string;
  /** As it is shown. */
  title: string;
  type: ColumnType;
  /** In px, of the content that most rows have. */
  width: number;
}

export const WIDTH_MIN = 48;
export const WIDTH_MAX = 1200;
const WIDTH_GUESSED_MAX = 360;
const SAMPLE_ROWS = 200;
const CHARACTER_PX = 7.3;
const DIGIT_PX = 8.3;
/** Beside the text of a cell; a title has the mark of the sort beside it too. */
const CELL_EXTRA_PX = 26;
const TITLE_EXTRA_PX = 46;

const TYPES = new Map<number, ColumnType>([
  [NUMBER, 'number'],
  [TEXT, 'text'],
  [BOOLEAN, 'boolean'],
  [NESTED, 'nested'],
]);

/** `hasHeader`: row 0 holds the titles. */
export function headingsOf(table: Table, hasHeader: boolean): Heading[] {
  const rows = sample(hasHeader ? 1 : 0, table.height);
  return table.columns.map(({ name }, place) => {
    const literals = rows.map((row) => table.literal(row, place)).filter((literal) => !isEmpty(literal));
    const title = (hasHeader && textOf(table.literal(0, place))) || name;
    const type = typeOf(literals);
    return { name, title, type, width: widthOf(title, type, literals) };
  });
}

/**
 * Whether a list of lists begins with titles: different texts, one of them above something else than texts. The first
 * may be empty: nothing stands above the names of rows.
 */
export function startsWithTitles(table: Table): boolean {
  if (table.shape !== 'list of lists' || table.height < 2) return false;
  const titles = table.columns.map((_, place) => table.literal(0, place));
  if (!titles.every((title, place) => kindOf(title) === TEXT && (place === 0 || !isEmpty(title))))
    return false;
  if (new Set(titles).size < titles.length) return false;
  return headingsOf(table, true).some(
    ({ type }) => type === 'number' || type === 'boolean' || type === 'nested',
  );
}

function typeOf(literals: readonly string[]): ColumnType {
  const kinds = new Set(literals.map(kindOf));
  if (kinds.size > 1) return 'mixed';
  for (const kind of kinds) return TYPES.get(kind) ?? 'mixed';
  return 'empty';
}

/** So wide that nine of ten cells are seen whole, if they are not too long. */
function widthOf(title: string, type: ColumnType, literals: readonly string[]): number {
  const lengths = literals.map((literal) => charactersOf(textOf(literal))).sort((one, other) => one - other);
  const most = lengths[Math.floor(lengths.length * 0.95)] ?? 0;
  const width = Math.max(
    most * (type === 'number' ? DIGIT_PX : CHARACTER_PX) + CELL_EXTRA_PX,
    charactersOf(title) * CHARACTER_PX + TITLE_EXTRA_PX,
  );
  return Math.round(Math.min(Math.max(width, WIDTH_MIN), WIDTH_GUESSED_MAX));
}

/** Of what is in no alphabet (Chinese, Japanese, Korean, pictures), each is as wide as two. */
function charactersOf(text: string): number {
  const shown = text.slice(0, 100);
  return (
    shown.length +
    (shown.match(/[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uff60]/g)?.length ?? 0)
  );
}

/** Rows spread over the whole table, so that a beginning that differs does not mislead. */
function sample(from: number, to: number): number[] {
  const count = Math.min(SAMPLE_ROWS, to - from);
  return Array.from({ length: Math.max(count, 0) }, (_, n) => from + Math.floor((n * (to - from)) / count));
}
