import { useEffect, useRef, useState } from 'preact/hooks';
import { ChevronDown, ChevronUp } from 'lucide-preact';

import { ApiError } from '../../api/client';
import type {
  Diff,
  ImageDiff as Images,
  LinkDiff as Links,
  NumberDiff as Numbers,
  TableDiff as Tables,
  TextDiff as Texts,
  TreeDiff as Trees,
} from '../../api/schema';
import { Empty } from '../../parts/Empty';
import { Fault } from '../../parts/Fault';
import { count, counted } from '../../parts/numbers';
import { Counts } from './Counts';
import { Equal } from './Equal';
import { ImageDiff } from './ImageDiff';
import { JsonDiff } from './JsonDiff';
import { LinkDiff } from './LinkDiff';
import { NumberDiff } from './NumberDiff';
import { RowKey } from './RowKey';
import { SideBySide } from './SideBySide';
import { TableDiff } from './TableDiff';
import { TextDiff } from './TextDiff';
import { useComparison, useLook, type Named } from './useComparison';
import { useSteps } from './useSteps';
import styles from './diff.module.css';

/** So long a comparison may take before both sides are shown without it. */
const PATIENCE_MS = 2_000;

/** What changed from one artifact to another. */
export function Comparison({ named }: { named: Named }) {
  const { data, error, refetch, isPlaceholderData } = useComparison(named);
  const isLate = useIsLate(data === undefined && !error);
  if (error instanceof ApiError) {
    const why = reason(error);
    if (why === 'too_large_to_compare') return <SideBySide named={named} why={error.message} />;
    if (why === 'nothing_before')
      return <Empty title="This is the first version: nothing was before it to compare it with." />;
    if (error.status === 404 && why === null)
      return (
        <div role="alert">
          <Empty title="One of the two is not there">
            <p>{error.message} Choose other versions.</p>
          </Empty>
        </div>
      );
    if (why === 'key_column_not_found') return <WrongRowKey message={error.message} />;
  }
  if (error) return <Fault error={error} retry={() => void refetch()} />;
  if (!data) {
    if (!isLate) return <p class={styles.quiet}>Comparing…</p>;
    return (
      <SideBySide
        named={named}
        why="Comparing takes more than 2 seconds. The changes are shown when it is done."
      />
    );
  }
  return <Compared comparison={data} named={named} isBusy={isPlaceholderData} />;
}

interface ComparedProps {
  comparison: Diff;
  named: Named;
  /** The changes are asked for anew, for another look. */
  isBusy: boolean;
}

function Compared({ comparison, named, isBusy }: ComparedProps) {
  const within = useRef<HTMLDivElement>(null);
  const steps = useSteps(within, comparison);
  const { description, metadata_: metadata, is_equal: isEqual } = comparison;
  const look = useLook();
  const unfold = look.isUnfolded ? undefined : () => look.set({ unfold: '1' }, { replace: true });
  return (
    <div ref={within} class={styles.compared} aria-busy={isBusy}>
      {comparison.note && <p class={styles.note}>{comparison.note}</p>}
      {isEqual ? (
        <Equal comparison={comparison} />
      ) : (
        <>
          <div class={styles.bar}>
            <Counts comparison={comparison} />
            <Controls comparison={comparison} />
            <Steps {...steps} />
          </div>
          <IsCoarse diff={comparison.diff} />
          <Changes comparison={comparison} named={named} />
          <LeftOut diff={comparison.diff} />
        </>
      )}
      {description && (
        <section>
          <h2>Description</h2>
          <TextDiff
            diff={description}
            label="Changes of the description"
            isSplit={look.isSplit}
            {...(unfold ? { unfold } : {})}
          />
        </section>
      )}
      {metadata && (
        <section>
          <h2>Metadata</h2>
          <JsonDiff diff={metadata} label="Changes of the metadata" />
        </section>
      )}
    </div>
  );
}

function Changes({ comparison, named }: { comparison: Diff; named: Named }) {
  const { isSplit, isUnfolded, set } = useLook();
  const unfold = isUnfolded ? {} : { unfold: () => set({ unfold: '1' }, { replace: true }) };
  const { diff } = comparison;
  switch (comparison.compared_as) {
    case 'table':
      return <TableDiff diff={diff as Tables} />;
    case 'text':
      return <TextDiff diff={diff as Texts} label="Changed lines" isSplit={isSplit} {...unfold} />;
    case 'link':
      return <LinkDiff diff={diff as Links} />;
    case 'image':
      return <ImageDiff diff={diff as Images} named={named} />;
    case 'number':
      return <NumberDiff diff={diff as Numbers} />;
    case 'json':
      return <JsonDiff diff={diff as Trees} label="Changed paths" />;
  }
}

/** How the changes are looked at. */
function Controls({ comparison: { compared_as: as, diff } }: { comparison: Diff }) {
  const { showsAll, isSplit, set } = useLook();
  if (as === 'table')
    return (
      <div class={styles.controls}>
        <RowKey diff={diff as Tables} />
        <label>
          <input
            type="checkbox"
            checked={!showsAll}
            onChange={(event) => set({ all: event.currentTarget.checked ? null : '1' }, { replace: true })}
          />{' '}
          only changes
        </label>
      </div>
    );
  if (as !== 'text') return null;
  return (
    <div class={styles.controls}>
      <label>
        <input
          type="checkbox"
          checked={isSplit}
          onChange={(event) => set({ view: event.currentTarget.checked ? 'split' : null }, { replace: true })}
        />{' '}
        side by side
      </label>
    </div>
  );
}

function Steps({ count: last, current, go }: ReturnType<typeof useSteps>) {
  if (last === 0) return null;
  return (
    <div class={styles.steps}>
      <span aria-live="polite">
        {current > 0 ? `change ${count(current)} of ${count(last)}` : counted(last, 'change')}
      </span>
      <button
        type="button"
        class="quiet"
        aria-label="Previous change"
        title="Previous change (N)"
        onClick={() => go(-1)}
      >
        <ChevronUp size={16} aria-hidden />
      </button>
      <button
        type="button"
        class="quiet"
        aria-label="Next change"
        title="Next change (n)"
        onClick={() => go(1)}
      >
        <ChevronDown size={16} aria-hidden />
      </button>
    </div>
  );
}

function IsCoarse({ diff }: { diff: Diff['diff'] }) {
  if (!('is_fine' in diff) || diff.is_fine) return null;
  return (
    <p class={styles.note}>
      The two are too different to align all of it: some of what stayed may be shown as removed and added.
    </p>
  );
}

/** How much more changed than is shown, and more of it. */
function LeftOut({ diff }: { diff: Diff['diff'] }) {
  const { limit, set } = useLook();
  const leftOut = 'left_out' in diff ? Object.values(diff.left_out).reduce((sum, each) => sum + each, 0) : 0;
  if (leftOut === 0) return null;
  return (
    <p class={styles.note}>
      {counted(leftOut, 'more change')} {leftOut === 1 ? 'is' : 'are'} not shown.{' '}
      {limit < 1_000 && (
        <button type="button" onClick={() => set({ more: '1' }, { replace: true })}>
          Show up to 1,000 of each sort
        </button>
      )}
    </p>
  );
}

function WrongRowKey({ message }: { message: string }) {
  const { set } = useLook();
  return (
    <Empty title={message}>
      <button type="button" onClick={() => set({ row_key: null })}>
        Find the row key
      </button>
    </Empty>
  );
}

function useIsLate(isWaiting: boolean): boolean {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    if (!isWaiting) return;
    const timer = window.setTimeout(() => setLate(true), PATIENCE_MS);
    return () => window.clearTimeout(timer);
  }, [isWaiting]);
  return isLate;
}

function reason(error: ApiError): unknown {
  return typeof error.body === 'object' && error.body !== null && 'error' in error.body
    ? error.body.error
    : null;
}
