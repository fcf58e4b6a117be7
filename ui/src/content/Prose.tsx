import { useLayoutEffect, useRef } from 'preact/hooks';

import { asksForImages, imageAddress, whyBroken } from './images';
import { setHtml } from './html';
import styles from './Prose.module.css';

const URL_SHOWN_CHARS = 200;

interface Props {
  /** As the server rendered it. */
  html: string;
  /** What a reader is told it is. */
  name: string;
}

/** A text with headings, tables and images, as its writer meant it. */
export function Prose({ html, name }: Props) {
  const place = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const prose = place.current;
    if (prose === null) return;
    setHtml(prose, html);
    if (asksForImages()) prose.querySelectorAll('img').forEach(loadWhenAsked);
    prose.querySelectorAll<HTMLImageElement>('img:not([src])').forEach(replaceByFault);
    const measure = () => {
      prose.tabIndex = prose.scrollWidth > prose.clientWidth ? 0 : -1; // what scrolls sideways does so by keys, too
    };
    const observer = new ResizeObserver(measure);
    observer.observe(prose);
    prose.addEventListener('error', showFault, true);
    return () => {
      observer.disconnect();
      prose.removeEventListener('error', showFault, true);
    };
  }, [html]);
  return <section ref={place} class={styles.prose} aria-label={name} />;
}

/** An image that lies elsewhere gives way to a button. Images of others are lazy, so it was not asked for yet. */
function loadWhenAsked(image: HTMLImageElement): void {
  const address = imageAddress(image.src);
  if (address.is !== 'elsewhere') return;
  const source = image.src;
  image.removeAttribute('src');
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = `Load ${image.alt || 'an image'} from ${address.host}`;
  button.addEventListener('click', () => {
    image.src = source;
    button.replaceWith(image);
  });
  image.replaceWith(button);
}

function showFault(event: Event): void {
  if (event.target instanceof HTMLImageElement) replaceByFault(event.target);
}

/** An image that cannot be shown says so in its place. */
function replaceByFault(image: HTMLImageElement): void {
  const fault = document.createElement('span');
  fault.className = styles.fault ?? '';
  const name = image.alt === '' ? 'An image' : `The image “${image.alt}”`;
  const why =
    image.src === ''
      ? 'has no address that may be shown.'
      : `could not be loaded from ${image.src.slice(0, URL_SHOWN_CHARS)}: ${whyBroken(imageAddress(image.src))}`;
  fault.textContent = `${name} ${why}`;
  image.replaceWith(fault);
}
