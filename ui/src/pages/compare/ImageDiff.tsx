import { useEffect, useRef, useState } from 'preact/hooks';
import { useQuery } from '@tanstack/react-query';

import { read } from '../../api/client';
import type { Begun, ImageDiff as Images } from '../../api/schema';
import { size } from '../../parts/numbers';
import { Fault } from '../../parts/Fault';
import { Skeleton } from '../../parts/Skeleton';
import { useParams } from '../../shell/params';
import { Pair } from './LinkDiff';
import { useLook, type Named } from './useComparison';
import styles from './images.module.css';

const BLINK_MS = 700;
const LOOKS = { slider: 'Slider', blink: 'Blink', beside: 'Side by side' } as const;

interface Props {
  diff: Images;
  named: Named;
}

interface Urls {
  before: string;
  after: string;
}

/** Two images in one frame: a slider between them, one after the other, or side by side. */
export function ImageDiff({ diff, named }: Props) {
  const { data, error } = useUrls(named);
  const { picture, set } = useLook();
  const look = picture in LOOKS ? (picture as keyof typeof LOOKS) : 'slider';
  const [broken, setBroken] = useState<string[]>([]);
  const breaks = (side: string) => () => setBroken((sides) => [...new Set([...sides, side])]);
  return (
    <div data-step>
      <div class={styles.looks} role="group" aria-label="How the images are shown">
        {Object.entries(LOOKS).map(([name, label]) => (
          <button
            key={name}
            type="button"
            aria-pressed={name === look}
            onClick={() => set({ picture: name }, { replace: true })}
          >
            {label}
          </button>
        ))}
      </div>
      {error && <Fault error={error} />}
      {!data && !error && <Skeleton />}
      {broken.map((side) => (
        <p key={side} role="alert">
          The image {side} cannot be shown: the browser got none from its URL.
        </p>
      ))}
      {data && look === 'slider' && <Slider urls={data} breaks={breaks} />}
      {data && look === 'blink' && <Blink urls={data} breaks={breaks} />}
      {data && look === 'beside' && <Beside urls={data} breaks={breaks} />}
      <Said diff={diff} />
    </div>
  );
}

type Shown = { urls: Urls; breaks: (side: string) => () => void };

function Slider({ urls, breaks }: Shown) {
  const { get, set } = useParams();
  const split = get('split') ?? '50';
  const frame = useRef<HTMLDivElement>(null);
  const show = (value: string) => frame.current?.style.setProperty('--split', `${value}%`);
  useEffect(() => show(split), [split]);
  return (
    <div class={styles.frame} ref={frame}>
      <Picture url={urls.before} name="Before" breaks={breaks('before')} />
      <Picture url={urls.after} name="After" breaks={breaks('after')} isOver />
      <span class={styles.tag}>before</span>
      <span class={styles.tag} data-right>
        after
      </span>
      <input
        type="range"
        min={0}
        max={100}
        value={split}
        aria-label="Where the image before ends and the one after begins, in percent"
        onInput={(event) => show(event.currentTarget.value)}
        onChange={(event) => set({ split: event.currentTarget.value }, { replace: true })}
      />
    </div>
  );
}

function Blink({ urls, breaks }: Shown) {
  const [isAfter, setAfter] = useState(false);
  const [isRunning, setRunning] = useState(
    () => !window.matchMedia('(prefers-reduced-motion: reduce)').matches,
  );
  useEffect(() => {
    if (!isRunning) return;
    const timer = window.setInterval(() => setAfter((shown) => !shown), BLINK_MS);
    return () => window.clearInterval(timer);
  }, [isRunning]);
  return (
    <>
      <div class={styles.frame} data-blinks={isAfter ? 'after' : 'before'}>
        <Picture url={urls.before} name="Before" breaks={breaks('before')} />
        <Picture url={urls.after} name="After" breaks={breaks('after')} isOver />
        <span class={styles.tag}>{isAfter ? 'after' : 'before'}</span>
      </div>
      <div class={styles.looks}>
        <button type="button" onClick={() => setRunning(!isRunning)}>
          {isRunning ? 'Pause' : 'Blink'}
        </button>
        <button
          type="button"
          onClick={() => {
            setRunning(false);
            setAfter(!isAfter);
          }}
        >
          Show the one {isAfter ? 'before' : 'after'}
        </button>
      </div>
    </>
  );
}

function Beside({ urls, breaks }: Shown) {
  return (
    <div class={styles.beside}>
      <figure>
        <figcaption>before</figcaption>
        <Picture url={urls.before} name="Before" breaks={breaks('before')} />
      </figure>
      <figure>
        <figcaption>after</figcaption>
        <Picture url={urls.after} name="After" breaks={breaks('after')} />
      </figure>
    </div>
  );
}

interface PictureProps {
  url: string;
  name: string;
  breaks: () => void;
  isOver?: boolean;
}

function Picture({ url, name, breaks, isOver = false }: PictureProps) {
  return (
    <img
      class={styles.picture}
      data-over={isOver || undefined}
      src={url}
      alt={name}
      referrerPolicy="no-referrer"
      draggable={false}
      onError={breaks}
    />
  );
}

function Said({ diff: { before, after, content_changed: changed } }: { diff: Images }) {
  return (
    <>
      {changed === null && (
        <p>
          The URL changed. Whether the image did is not known: images elsewhere are not fetched to compare
          them.
        </p>
      )}
      {changed === false && <p>The same image, written in another way.</p>}
      {before.sha256 && after.sha256 ? (
        <dl class={styles.facts}>
          <dt>before</dt>
          <dd>
            {size(before.size_bytes ?? 0)}, SHA-256 <code>{before.sha256}</code>
          </dd>
          <dt>after</dt>
          <dd>
            {size(after.size_bytes ?? 0)}, SHA-256 <code>{after.sha256}</code>
          </dd>
        </dl>
      ) : (
        <dl>
          <Pair name="URL" before={before.url} after={after.url} isChanged />
        </dl>
      )}
    </>
  );
}

/** The URLs of both images, whole: a diff has only how they begin. */
function useUrls(named: Named) {
  return useQuery({
    queryKey: ['images', named],
    queryFn: async ({ signal }): Promise<Urls> => {
      const { from, to } = await read('/ui/sides', { query: { ...named } }, signal);
      return { before: await urlOf(from, signal), after: await urlOf(to, signal) };
    },
  });
}

async function urlOf(side: Begun, signal: AbortSignal): Promise<string> {
  if (side.beginning.length === side.characters) return side.beginning;
  const path = { artifact_id: side.id };
  const { data } = await read('/artifacts/{artifact_id}', { path, query: { as_of: side.as_of } }, signal);
  return String(data);
}
