import type { ChangedCell, TableDiff } from '../../api/schema';

/** A row of a table diff, with its cells by the names of their columns. */
export interface TableRow {
  is: 'added' | 'removed' | 'changed' | 'equal';
  /** Where it stands, from 0: now; of one that was removed, before. */
  number: number;
  values: Record<string, unknown>;
  /** What changed in it, by column. */
  cells: Map<string, ChangedCell>;
}

/** All rows that are shown, in the order of the table: what was removed stands where it was. */
export function tableRows({ changes }: TableDiff): TableRow[] {
  const none = new Map<string, ChangedCell>();
  const rows: TableRow[] = [
    ...changes.removed.map(({ row, values }) => ({
      is: 'removed' as const,
      number: row,
      values,
      cells: none,
    })),
    ...changes.added.map(({ row, values }) => ({
      is: 'added' as const,
      number: row,
      values,
      cells: none,
    })),
    ...changes.equal.map(({ row, values }) => ({
      is: 'equal' as const,
      number: row,
      values,
      cells: none,
    })),
    ...changes.changed.map(({ after_row: row, key, values, cells }) => ({
      is: 'changed' as const,
      number: row,
      values: values ?? key,
      cells: new Map(cells.map((each) => [each.column, each])),
    })),
  ];
  return rows.sort((one, other) => one.number - other.number);
}

/** The columns worth showing: all, or those of the key and those in which a row changed. */
export function shownColumns({ columns, key, changes }: TableDiff, all: boolean): string[] {
  if (all || changes.added.length || changes.removed.length) return columns;
  const changed = new Set(changes.changed.flatMap(({ cells }) => cells.map(({ column }) => column)));
  return columns.filter((column) => key.includes(column) || changed.has(column));
}

/** A cell as text: what is nested is JSON. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
