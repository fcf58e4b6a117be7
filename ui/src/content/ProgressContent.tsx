import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'preact/hooks';

import { read } from '../api/client';
import type { Facts } from '../api/schema';
import { useAt } from '../shell/at';
import { ProgressCurve } from './ProgressCurve';
import { duration, leftInWords, paceOf, type Mark, type Pace } from './pace';
import styles from './ProgressContent.module.css';

const FULL = 100;
const TICK_MS = 1_000;
/** At these a screen reader is told. */
const TOLD = 25;

/** How far something is, how fast it goes, and how it got there. */
export function ProgressContent({ facts }: { facts: Facts }) {
  const value = Number(facts.preview.value);
  const marks = useMarks(facts, value);
  const [replayed, setReplayed] = useState<number | null>(null);
  const now = useNow(useAt() !== null || value >= FULL);
  const shown = replayed === null ? value : (marks[replayed]?.value ?? value);
  const name = facts.description ?? facts.key ?? 'Progress';
  return (
    <section class={styles.progress}>
      <p class={styles.value}>
        {rounded(shown)}
        <small>%</small>
      </p>
      <progress
        max={FULL}
        value={Math.min(FULL, Math.max(0, shown))}
        aria-label={name}
        data-done={shown >= FULL || undefined}
      />
      <Words pace={paceOf(marks, now)} />
      <p class="hidden" role="status">
        {value >= TOLD ? `${name}: ${Math.floor(value / TOLD) * TOLD}%` : ''}
      </p>
      {marks.length > 2 && <ProgressCurve marks={marks} replayed={replayed} setReplayed={setReplayed} />}
    </section>
  );
}

function Words({ pace }: { pace: Pace }) {
  if (pace.isDone) return <p class={styles.words}>Done{pace.tookS > 0 && ` in ${duration(pace.tookS)}`}</p>;
  return (
    <>
      <p class={styles.words}>
        {pace.perSecond === null
          ? 'Too little was written to say how fast it goes'
          : speedInWords(pace.perSecond)}
        {pace.left && !pace.isQuiet && <b>{leftInWords(pace.left)}</b>}
      </p>
      {pace.isQuiet && pace.usualS !== null && (
        <p class={styles.quiet} role="note">
          No update for {duration(pace.quietS)}, usually every {duration(pace.usualS)}
        </p>
      )}
    </>
  );
}

function speedInWords(perSecond: number): string {
  if (perSecond >= 1) return `${rounded(perSecond)}% per second`;
  return perSecond >= 1 / 60
    ? `${rounded(perSecond * 60)}% per minute`
    : `${rounded(perSecond * 3_600)}% per hour`;
}

/** All values that were written of this version, the last one even before the server has told of it. */
function useMarks(facts: Facts, value: number): Mark[] {
  const at = useAt();
  const { data } = useQuery({
    queryKey: ['marks', facts.key, facts.position],
    queryFn: async ({ signal }) => {
      const asked = { path: { key: facts.key ?? '' }, query: { measure: 'value', as_of: at } };
      return (await read('/ui/keys/{key}/series', asked, signal)).points;
    },
    enabled: facts.key !== null && facts.deleted === null,
    placeholderData: keepPreviousData,
  });
  const marks = (data ?? [])
    .filter(
      (point) => point.artifact_id === facts.id && point.value !== null && point.position < facts.position,
    )
    .map((point) => ({ at: Date.parse(point.recorded), value: point.value ?? 0 }));
  return [...marks, { at: Date.parse(facts.recorded), value }];
}

function useNow(stands: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (stands) return;
    const timer = window.setInterval(() => setNow(Date.now()), TICK_MS);
    return () => window.clearInterval(timer);
  }, [stands]);
  return now;
}

function rounded(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : 1 });
}
