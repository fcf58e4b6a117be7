import type { CardPage } from '../../api/schema';
import { count, counted } from '../../parts/numbers';
import styles from './CountsLine.module.css';

interface Props {
  page: CardPage | undefined;
  unnamed: boolean;
  isAsked: boolean;
}

/** How much there is: `1,001 artifacts · 7 running · 12 changed in the last hour`. */
export function CountsLine({ page, unnamed, isAsked }: Props) {
  if (!page) return null;
  const { keys, running, changed_last_hour: changed } = page.counts;
  const all = `${counted(keys, 'artifact')}${unnamed ? ' without a key' : ''}`;
  const parts = [
    isAsked ? `${count(page.total)} of ${all}` : all,
    running > 0 && `${count(running)} running`,
    changed > 0 && `${count(changed)} changed in the last hour`,
  ];
  return (
    <p class={styles.counts} data-testid="counts">
      {parts.filter(Boolean).join(' · ')}
    </p>
  );
}
