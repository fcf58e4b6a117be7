import { ChartLine, GitCompare, X } from 'lucide-preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { RefObject } from 'preact';

import type { BlamedState } from '../api/schema';
import { useRead } from '../api/useRead';
import { CopyButton } from '../parts/CopyButton';
import { Time } from '../parts/Time';
import { toArtifact, toFlowRun, toKey, toTaskRun } from '../shell/addresses';
import { Link } from '../shell/Link';
import { kindOf, MISSING, NESTED, textOf } from './cells';
import type { Heading } from './columns';
import { placeBeside } from './placeBeside';
import { pretty } from './pretty';
import type { RemoteTable } from './remote';
import { useAnswer } from './useAnswer';
import styles from './CellCard.module.css';

interface Props {
  remote: RemoteTable;
  /** Its place in the data, from 0. */
  row: number;
  heading: Heading;
  artifactId: string;
  /** Null: it has none, and so no history. */
  artifactKey: string | null;
  /** The element of the cell. */
  anchor: HTMLElement;
  close: () => void;
}

/** One cell: all of it, who last changed it, and the ways to its history. */
export function CellCard({ remote, row, heading, artifactId, artifactKey, anchor, close }: Props) {
  const card = useRef<HTMLDivElement>(null);
  useStayBeside(card, anchor);
  const literal = useAnswer(remote, 'cell', { row, column: heading.name });
  return (
    <div
      ref={card}
      class={styles.card}
      popover="manual"
      role="dialog"
      aria-label={`${heading.title} in row ${row}`}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        close();
        anchor.closest<HTMLElement>('[role=grid]')?.focus();
      }}
    >
      <div class={styles.head}>
        <strong>{heading.title}</strong>
        <span class={styles.row}>row {row}</span>
        <button type="button" class="quiet" aria-label="Close" onClick={close}>
          <X size={14} aria-hidden />
        </button>
      </div>
      {literal !== undefined && <Value literal={literal} />}
      {artifactKey !== null && (
        <Blame artifactKey={artifactKey} artifactId={artifactId} row={row} column={heading.name} />
      )}
      <div class={styles.ways}>
        {literal !== undefined && <CopyButton text={textOf(literal)} />}
        {artifactKey !== null && (
          <Chart artifactKey={artifactKey} remote={remote} row={row} column={heading.name} />
        )}
      </div>
    </div>
  );
}

function Value({ literal }: { literal: string }) {
  const kind = kindOf(literal);
  if (kind === MISSING) return <p class={styles.quiet}>This row lacks the column.</p>;
  if (literal === '""') return <p class={styles.quiet}>A text without letters.</p>;
  return (
    <pre class={styles.value} data-nested={kind === NESTED || undefined} tabIndex={0} aria-label="Value">
      {kind === NESTED ? pretty(literal) : textOf(literal)}
    </pre>
  );
}

interface BlameProps {
  artifactKey: string;
  artifactId: string;
  row: number;
  column: string;
}

/** Who last changed the cell, when, in which run, and from what. */
function Blame({ artifactKey, artifactId, row, column }: BlameProps) {
  const asked = { path: { key: artifactKey }, query: { artifact_id: artifactId, offset: row, limit: 1 } };
  const { data, error } = useRead('/artifacts/{key}/blame', asked);
  if (error) return <p class={styles.quiet}>{error.message}</p>;
  if (!data) return <p class={styles.quiet}>Looking for who changed it…</p>;
  const place = data.columns?.indexOf(column) ?? -1;
  const found = data.found[0];
  const state = data.states[found?.states?.[place] ?? -1];
  if (!state) return <p class={styles.quiet}>Nobody is known to have changed it.</p>;
  const before = found?.before?.[place];
  const wasSomething = before !== null && before !== undefined;
  const after = found?.cells?.[place];
  return (
    <div class={styles.blame}>
      {wasSomething && (
        <p class={styles.change}>
          <del>{short(before)}</del> → <ins>{short(after)}</ins>
        </p>
      )}
      <p>
        {wasSomething ? 'Changed' : 'Written'} by <strong>{state.actor}</strong>
        {state.number !== null && <> in v{state.number}</>}
        <Run state={state} /> · <Time at={state.recorded} />
        {state.or_before && ', or before'}
      </p>
      {(wasSomething || state.number !== 1) && (
        <Link to={`${toArtifact(state.artifact_id)}?tab=diff`}>
          <GitCompare size={14} aria-hidden /> What else changed then
        </Link>
      )}
    </div>
  );
}

function Run({ state: { flow_run_id: flow, task_run_id: task } }: { state: BlamedState }) {
  if (task)
    return (
      <>
        , <Link to={toTaskRun(task)}>its task run</Link>
      </>
    );
  return (
    flow && (
      <>
        , <Link to={toFlowRun(flow)}>its flow run</Link>
      </>
    )
  );
}

interface ChartProps {
  artifactKey: string;
  remote: RemoteTable;
  row: number;
  column: string;
}

/** The cell over all versions, where a column tells the rows apart. */
function Chart({ artifactKey, remote, row, column }: ChartProps) {
  const key = useAnswer(remote, 'rowKey', { row });
  if (!key || key.column === column) return null;
  const query = new URLSearchParams({ measure: 'cell', row_key: key.column, row: key.text, column });
  return (
    <Link class="button" to={`${toKey(artifactKey)}?${query.toString()}`}>
      <ChartLine size={14} aria-hidden /> Chart this cell
    </Link>
  );
}

/** Keep a card in front of the page, beside its cell, however the page is scrolled. */
function useStayBeside(card: RefObject<HTMLElement>, anchor: HTMLElement): void {
  useLayoutEffect(() => {
    const { current } = card;
    if (!current) return;
    if (!current.matches(':popover-open')) current.showPopover();
    const grid = anchor.closest<HTMLElement>('[role=grid]') ?? anchor;
    const place = () => placeBeside(current, anchor, grid);
    place();
    if (grid.matches(':focus-visible')) current.querySelector('button')?.focus(); // who came by keys goes on by keys
    const observer = new ResizeObserver(place);
    observer.observe(current);
    window.addEventListener('scroll', place, { capture: true, passive: true });
    window.addEventListener('resize', place);
    return () => {
      observer.disconnect();
      window.removeEventListener('scroll', place, { capture: true });
      window.removeEventListener('resize', place);
    };
  }, [card, anchor]);
}

function short(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
