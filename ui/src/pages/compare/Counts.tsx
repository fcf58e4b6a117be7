import type { Diff, TableDiff, TextDiff, TreeDiff } from '../../api/schema';
import { count } from '../../parts/numbers';
import { Sign, type Change } from './Sign';
import styles from './diff.module.css';

/** How much changed, each sort with its sign. */
export function Counts({ comparison }: { comparison: Diff }) {
  const [counts, of] = countsOf(comparison);
  if (counts.length === 0) return <p class={styles.counts}>{comparison.summary}</p>;
  return (
    <p class={styles.counts} aria-label="How much changed">
      {counts.map(([is, number, noun]) => (
        <span key={is} data-is={is} data-none={number === 0 || undefined}>
          <Sign of={is} />
          {count(number)} <span class={styles.quiet}>{noun}</span>
        </span>
      ))}
      <span class={styles.quiet}>{of}</span>
    </p>
  );
}

function countsOf({ compared_as: as, diff }: Diff): [[Change, number, string][], string] {
  if (as === 'table') {
    const table = diff as TableDiff;
    return [
      [
        ['added', table.added, 'added'],
        ['removed', table.removed, 'removed'],
        ['changed', table.changed, 'changed'],
      ],
      `of ${count(table.rows_before)} rows`,
    ];
  }
  if (as === 'text') {
    const text = diff as TextDiff;
    return [
      [
        ['added', text.added, 'added'],
        ['removed', text.removed, 'removed'],
      ],
      `of ${count(text.lines_before)} lines`,
    ];
  }
  if (as !== 'json') return [[], ''];
  const tree = diff as TreeDiff;
  return [
    [
      ['added', tree.added, 'added'],
      ['removed', tree.removed, 'removed'],
      ['changed', tree.changed, 'changed'],
    ],
    'paths',
  ];
}
