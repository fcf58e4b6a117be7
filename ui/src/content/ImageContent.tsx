import { useState } from 'preact/hooks';
import { ImageOff, ZoomIn, ZoomOut } from 'lucide-preact';

import type { Facts } from '../api/schema';
import { CopyButton } from '../parts/CopyButton';
import { Fault } from '../parts/Fault';
import { Skeleton } from '../parts/Skeleton';
import { askForImages, asksForImages, imageAddress, whyBroken } from './images';
import styles from './ImageContent.module.css';
import { useData } from './useData';

const URL_SHOWN_CHARS = 300;

/** An image, fit to the page or as large as it is. One that cannot be seen says why. */
export function ImageContent({ facts }: { facts: Facts }) {
  const { data: url, error, refetch } = useData(facts, 'text');
  if (error) return <Fault error={error} retry={() => void refetch()} />;
  if (url === undefined) return <Skeleton />;
  return <Shown key={url} url={url} name={facts.key ?? 'image'} />;
}

function Shown({ url, name }: { url: string; name: string }) {
  const address = imageAddress(url);
  const [state, setState] = useState<'asked' | 'loading' | 'shown' | 'broken'>(() => {
    if (address.is === 'none') return 'broken';
    return address.is === 'elsewhere' && asksForImages() ? 'asked' : 'loading';
  });
  const [isLarge, setIsLarge] = useState(false);
  const [measures, setMeasures] = useState('');
  const load = (image: HTMLImageElement) => {
    setMeasures(`${image.naturalWidth} × ${image.naturalHeight}`);
    setState('shown');
  };
  if (state === 'asked' && address.is === 'elsewhere') {
    return (
      <div class={styles.notice}>
        <p>This image lies at {address.host}, who would be told that somebody looks at it.</p>
        <button type="button" class="primary" onClick={() => setState('loading')}>
          Load it
        </button>
      </div>
    );
  }
  if (state === 'broken') {
    return (
      <div class={styles.notice} role="alert">
        <ImageOff size={24} aria-hidden />
        <p>The image cannot be shown. {whyBroken(address)}</p>
        <code class={styles.address}>{url.slice(0, URL_SHOWN_CHARS)}</code>
        <CopyButton text={url} label="Copy the address" />
      </div>
    );
  }
  return (
    <figure class={styles.figure}>
      <div class={isLarge ? styles.large : styles.fit} tabIndex={isLarge ? 0 : undefined}>
        <img
          src={url}
          alt={name}
          referrerpolicy="no-referrer"
          decoding="async"
          onLoad={(event) => load(event.currentTarget)}
          onError={() => setState('broken')}
        />
      </div>
      <figcaption class={styles.caption}>
        <button type="button" aria-pressed={isLarge} onClick={() => setIsLarge(!isLarge)}>
          {isLarge ? <ZoomOut size={14} aria-hidden /> : <ZoomIn size={14} aria-hidden />}
          {isLarge ? 'Fit to the page' : 'As large as it is'}
        </button>
        <span>{measures}</span>
        {address.is === 'elsewhere' && (
          <>
            <span>{address.host}</span>
            <AskFirst />
          </>
        )}
      </figcaption>
    </figure>
  );
}

/** The setting by which images elsewhere are loaded when they are asked for. */
function AskFirst() {
  const [asks, setAsks] = useState(asksForImages);
  const change = () => {
    askForImages(!asks);
    setAsks(!asks);
  };
  return (
    <label class={styles.setting}>
      <input type="checkbox" checked={asks} onChange={change} /> Ask before images are loaded from elsewhere
    </label>
  );
}
