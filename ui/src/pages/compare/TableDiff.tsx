import type { TableDiff as Diff } from '../../api/schema';
import { count, counted } from '../../parts/numbers';
import { Sign } from './Sign';
import { cellText, shownColumns, tableRows, type TableRow } from './tableRows';
import { useLook } from './useComparison';
import { Was } from './Was';
import styles from './diff.module.css';

const EXAMPLES_MAX = 3;

/** A table's rows that went, came, or changed, each cell with what it was. */
export function TableDiff({ diff }: { diff: Diff }) {
  const { showsAll } = useLook();
  const columns = shownColumns(diff, showsAll);
  const rows = tableRows(diff).filter(({ is }) => showsAll || is !== 'equal');
  return (
    <>
      <Columns diff={diff} />
      {diff.duplicates > 0 && (
        <p class={styles.note}>
          {counted(diff.duplicates, 'row')} with a key that another row has too: the first of these is
          compared with the first, and so on.
        </p>
      )}
      {rows.length > 0 && (
        <div class={styles.scroll}>
          <table class={styles.table} aria-label="Rows">
            <thead>
              <tr>
                <th scope="col">
                  <span class="hidden">What happened</span>
                </th>
                <th scope="col">row</th>
                {columns.map((column) => (
                  <th key={column} scope="col" data-key={diff.key.includes(column) || undefined}>
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <Row key={`${row.is} ${row.number}`} row={row} columns={columns} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Moves diff={diff} />
    </>
  );
}

function Row({ row, columns }: { row: TableRow; columns: string[] }) {
  return (
    <tr data-is={row.is} data-step={row.is !== 'equal' || undefined}>
      <td>
        <Sign of={row.is} />
      </td>
      <td class={styles.number}>{count(row.number)}</td>
      {columns.map((column) => {
        const changed = row.cells.get(column);
        return changed ? (
          <td key={column} data-changed>
            <Was before={changed.before} after={changed.after} />
          </td>
        ) : (
          <td key={column}>{cellText(row.values[column])}</td>
        );
      })}
    </tr>
  );
}

/** Columns that came or went are told once. */
function Columns({ diff: { changes } }: { diff: Diff }) {
  const told = [
    ...changes.added_columns.map(({ name, values }) => ({ is: 'added' as const, name, values })),
    ...changes.removed_columns.map(({ name, values }) => ({ is: 'removed' as const, name, values })),
  ];
  if (told.length === 0) return null;
  return (
    <ul class={styles.columns} aria-label="Columns">
      {told.map(({ is, name, values }) => (
        <li key={`${is} ${name}`} data-is={is} data-step>
          <Sign of={is} /> column <strong>{name}</strong>
          <Examples values={values} />
        </li>
      ))}
    </ul>
  );
}

/** Some of what is in a column that came or went. */
function Examples({ values }: { values: readonly unknown[] }) {
  const texts = values.map(cellText).filter(Boolean);
  if (texts.length === 0) return null;
  const isMore = values.length > EXAMPLES_MAX;
  return (
    <span class={styles.quiet}>
      {' '}
      {texts.slice(0, EXAMPLES_MAX).join(', ')}
      {isMore && ', …'}
    </span>
  );
}

function Moves({ diff: { moved, changes } }: { diff: Diff }) {
  if (moved === 0) return null;
  return (
    <details class={styles.moves}>
      <summary>
        <Sign of="moved" /> {counted(moved, 'row')} moved
      </summary>
      <ul>
        {changes.moved.map(({ before_row: before, after_row: after }) => (
          <li key={before}>
            row {count(before)} → {count(after)}
          </li>
        ))}
      </ul>
    </details>
  );
}
