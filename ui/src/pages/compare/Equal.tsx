import { Equal as EqualSign } from 'lucide-preact';

import type { Diff } from '../../api/schema';
import styles from './diff.module.css';

/** Says that nothing changed, with the hashes of both. */
export function Equal({ comparison: { from, to } }: { comparison: Diff }) {
  const isSame = from.sha256 === to.sha256;
  return (
    <section class={styles.equal} aria-label="Same content">
      <EqualSign size={20} aria-hidden />
      <h2>The same content</h2>
      <p>{isSame ? 'Byte for byte.' : 'Written in another way: the bytes differ, what they say does not.'}</p>
      <dl>
        <dt>before</dt>
        <dd>
          SHA-256 <code>{from.sha256}</code>
        </dd>
        <dt>after</dt>
        <dd>
          SHA-256 <code>{to.sha256}</code>
        </dd>
      </dl>
    </section>
  );
}
