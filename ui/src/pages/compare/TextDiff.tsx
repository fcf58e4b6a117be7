import type { TextDiff as Diff } from '../../api/schema';
import { count, counted } from '../../parts/numbers';
import { Sign } from './Sign';
import { splitRows, textRows, type Piece, type SplitRow, type TextRow } from './textRows';
import styles from './diff.module.css';

interface Props {
  diff: Diff;
  label: string;
  isSplit: boolean;
  /** Show what is folded; none: it cannot be. */
  unfold?: () => void;
}

/** A text's lines that went and came, with the words in them that changed. */
export function TextDiff({ diff, label, isSplit, unfold }: Props) {
  const rows = textRows(diff);
  return (
    <div class={styles.scroll}>
      <table class={styles.text} data-split={isSplit || undefined} aria-label={label}>
        <tbody>
          {isSplit
            ? splitRows(rows).map((row, index) => <Split key={index} row={row} unfold={unfold} />)
            : rows.map((row, index) => <Unified key={index} row={row} unfold={unfold} />)}
        </tbody>
      </table>
    </div>
  );
}

type Unfold = { unfold: (() => void) | undefined };

function Unified({ row, unfold }: { row: TextRow } & Unfold) {
  if (row.is === 'fold') return <Fold lines={row.lines} span={4} unfold={unfold} />;
  const starts = (row.is === 'removed' || row.is === 'added') && row.startsChange;
  return (
    <tr data-is={row.is} data-step={starts || undefined}>
      <td class={styles.number}>{'before' in row && count(row.before)}</td>
      <td class={styles.number}>{'after' in row && count(row.after)}</td>
      <td>{row.is !== 'equal' && <Sign of={row.is} />}</td>
      <td class={styles.line}>{row.is === 'equal' ? row.text : <Pieces of={row.pieces} as={row.is} />}</td>
    </tr>
  );
}

function Split({ row, unfold }: { row: SplitRow } & Unfold) {
  if (row.is === 'fold') return <Fold lines={row.lines} span={6} unfold={unfold} />;
  if (row.is === 'equal')
    return (
      <tr data-is="equal">
        <td class={styles.number}>{count(row.before)}</td>
        <td />
        <td class={styles.line}>{row.text}</td>
        <td class={styles.number}>{count(row.after)}</td>
        <td />
        <td class={styles.line}>{row.text}</td>
      </tr>
    );
  return (
    <tr data-is="changed" data-step={row.startsChange || undefined}>
      <Half line={row.removed} as="removed" />
      <Half line={row.added} as="added" />
    </tr>
  );
}

function Half({ line, as }: { line: { number: number; pieces: Piece[] } | null; as: 'removed' | 'added' }) {
  if (line === null) return <td colSpan={3} class={styles.nothing} />;
  return (
    <>
      <td class={styles.number} data-side={as}>
        {count(line.number)}
      </td>
      <td data-side={as}>
        <Sign of={as} />
      </td>
      <td class={styles.line} data-side={as}>
        <Pieces of={line.pieces} as={as} />
      </td>
    </>
  );
}

function Pieces({ of, as: is }: { of: Piece[]; as: 'removed' | 'added' }) {
  const Mark = is === 'removed' ? 'del' : 'ins';
  return <>{of.map(({ text, isChanged }, index) => (isChanged ? <Mark key={index}>{text}</Mark> : text))}</>;
}

function Fold({ lines, span, unfold }: { lines: number; span: number } & Unfold) {
  return (
    <tr class={styles.fold}>
      <td colSpan={span}>
        {unfold ? (
          <button type="button" class="quiet" onClick={unfold}>
            {counted(lines, 'equal line')}, folded
          </button>
        ) : (
          counted(lines, 'equal line')
        )}
      </td>
    </tr>
  );
}
