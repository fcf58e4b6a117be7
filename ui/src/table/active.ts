/** The one cell of a grid that keys act on. */

/** Places: of the row in the arrangement, of the column among those that are shown. */
export interface Cell {
  row: number;
  column: number;
}

/** The row of the titles. */
export const HEADER = -1;

interface Extent {
  rows: number;
  columns: number;
  /** Rows that are seen at a time. */
  page: number;
}

type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>;

/** Where a key leads from a cell (none yet: from the first one); null: it is no such key. */
export function moved(from: Cell | null, pressed: Pressed, { rows, columns, page }: Extent): Cell | null {
  if (pressed.shiftKey || pressed.altKey) return null;
  const isFar = pressed.ctrlKey || pressed.metaKey;
  const { row, column } = from ?? { row: 0, column: 0 };
  const cell = (nextRow: number, nextColumn: number): Cell => ({
    row: Math.max(HEADER, Math.min(nextRow, rows - 1)),
    column: Math.max(0, Math.min(nextColumn, columns - 1)),
  });
  switch (pressed.key) {
    case 'ArrowUp':
      return cell(isFar ? 0 : row - 1, column);
    case 'ArrowDown':
      return cell(isFar ? rows - 1 : row + 1, column);
    case 'ArrowLeft':
      return cell(row, isFar ? 0 : column - 1);
    case 'ArrowRight':
      return cell(row, isFar ? columns - 1 : column + 1);
    case 'PageUp':
      return cell(Math.max(0, row - page), column);
    case 'PageDown':
      return cell(row + page, column);
    case 'Home':
      return cell(isFar ? 0 : row, 0);
    case 'End':
      return cell(isFar ? rows - 1 : row, columns - 1);
    default:
      return null;
  }
}

/** The id of a cell's element. `column` is its place among all columns. */
export function cellId(grid: string, row: number, column: number): string {
  return `${grid}-${row === HEADER ? 'titles' : row}-${column}`;
}
