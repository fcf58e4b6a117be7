import { useEffect, useRef, useState } from 'preact/hooks';
import { ChevronLeft, ChevronRight, ChevronsLeft, ChevronsRight, History, X } from 'lucide-preact';

import { useRead } from '../api/useRead';
import type { Moment } from '../api/schema';
import { count, counted } from '../parts/numbers';
import { exact } from '../parts/moments';
import { useAt } from './at';
import { Busyness } from './Busyness';
import { useKeys } from './keys';
import { useParams } from './params';
import { useKeyHere } from './useKeyHere';
import styles from './TimeMachine.module.css';

/** While the slider is dragged, the page follows this often at most. */
const FOLLOWS_MS = 150;

/** Takes the whole page to any position of the log, and back to now. */
export function TimeMachine() {
  const at = useAt();
  const [isOpen, setOpen] = useState(false);
  useKeys({ t: { does: 'Time machine', run: () => setOpen((open) => !open) } });
  return at === null && !isOpen ? null : <Opened at={at} close={() => setOpen(false)} />;
}

function Opened({ at, close }: { at: number | null; close: () => void }) {
  const { set } = useParams();
  const key = useKeyHere();
  const { data: moment } = useMoment(at, null);
  const { data: ofKey, isPlaceholderData: isOfAnotherMoment } = useMoment(at, key);
  const previous = isOfAnotherMoment ? null : ofKey?.previous;
  const next = isOfAnotherMoment ? null : ofKey?.next;
  const [dragged, setDragged] = useState<number | null>(null);
  const head = moment?.head ?? at ?? 0;
  const position = dragged ?? at ?? head;
  const goTo = (there: number | null | undefined) => {
    if (there === null || there === undefined) return;
    setDragged(null);
    set({ at: String(there) }, { replace: true });
  };
  const back = () => {
    setDragged(null);
    close();
    if (at !== null) set({ at: null });
  };
  useFollowing(dragged, at, (there) => set({ at: String(there) }, { replace: true }));
  useEffect(() => setDragged((there) => (there === at ? null : there)), [at]);
  const before = Math.max(0, position - 1);
  const after = position < head ? position + 1 : null;
  useKeys({
    Escape: { does: 'Back to now', run: back },
    'Shift+ArrowLeft': { does: 'One event back', run: () => goTo(before) },
    'Shift+ArrowRight': { does: 'One event on', run: () => goTo(after) },
    ...(key === null
      ? {}
      : {
          '<': { does: `The change of ${key} before`, run: () => goTo(previous) },
          '>': { does: `The change of ${key} after`, run: () => goTo(next) },
        }),
  });
  return (
    <section class={styles.machine} aria-label="Time machine" data-past={at !== null || undefined}>
      <div class={styles.row}>
        <History size={16} aria-hidden />
        <p class={styles.said} role="status">
          {at === null ? (
            `Now, at position ${count(head)}`
          ) : (
            <>
              As it was at position <strong>{count(position)}</strong>
            </>
          )}
          <span class={styles.quiet}>
            {at !== null && ` of ${count(head)}`}
            {moment && dragged === null && <Said moment={moment} isNow={at === null} />}
          </span>
        </p>
        <button type="button" class={at === null ? 'quiet' : 'primary'} onClick={back}>
          {at === null ? <X size={16} aria-label="Close the time machine" /> : 'Back to now'}
        </button>
      </div>
      <div class={styles.row}>
        <span class={styles.steps}>
          {key !== null && (
            <Step label={`The change of ${key} before`} to={previous} go={goTo}>
              <ChevronsLeft size={16} aria-hidden />
            </Step>
          )}
          <Step label="One event back" to={position > 0 ? before : null} go={goTo}>
            <ChevronLeft size={16} aria-hidden />
          </Step>
        </span>
        <div class={styles.track}>
          {moment && <Busyness stretches={moment.stretches} changes={ofKey?.changes ?? []} head={head} />}
          <input
            type="range"
            min={0}
            max={head}
            value={position}
            aria-label="Position in the log"
            aria-valuetext={`position ${count(position)} of ${count(head)}`}
            onInput={(event) => setDragged(Number(event.currentTarget.value))}
          />
        </div>
        <span class={styles.steps}>
          <Step label="One event on" to={after} go={goTo}>
            <ChevronRight size={16} aria-hidden />
          </Step>
          {key !== null && (
            <Step label={`The change of ${key} after`} to={next} go={goTo}>
              <ChevronsRight size={16} aria-hidden />
            </Step>
          )}
        </span>
      </div>
      {at !== null && <p class={styles.quiet}>Nothing can be changed here.</p>}
    </section>
  );
}

/** What was recorded there, and how much is different now. */
function Said({ moment: { event, keys_changed_since: changed }, isNow }: { moment: Moment; isNow: boolean }) {
  return (
    <>
      {event && (
        <>
          {' · '}
          <time dateTime={event.recorded}>{exact(event.recorded)}</time>
          {` · ${event.kind}${event.key === null ? '' : ` of ${event.key}`} by ${event.actor}`}
        </>
      )}
      {!isNow && ` · ${counted(changed, 'key')} changed since`}
    </>
  );
}

interface StepProps {
  label: string;
  to: number | null | undefined;
  go: (to: number | null | undefined) => void;
  children: preact.ComponentChildren;
}

function Step({ label, to, go, children }: StepProps) {
  return (
    <button
      type="button"
      class="quiet"
      title={label}
      aria-label={label}
      disabled={to === null || to === undefined}
      onClick={() => go(to)}
    >
      {children}
    </button>
  );
}

/** The page goes where the slider is dragged, now and then. */
function useFollowing(dragged: number | null, at: number | null, goTo: (there: number) => void): void {
  const latest = useRef(goTo);
  latest.current = goTo;
  useEffect(() => {
    if (dragged === null || dragged === at) return;
    const timer = window.setTimeout(() => latest.current(dragged), FOLLOWS_MS);
    return () => window.clearTimeout(timer);
  }, [dragged, at]);
}

/** Where the page is in the log; with a key, where that changed before and after. */
function useMoment(at: number | null, key: string | null) {
  return useRead(
    '/ui/moments',
    { query: { at: at === null ? null : String(at), key } },
    { takesAsOf: false, keepsPrevious: true, affectedBy: () => true },
  );
}
