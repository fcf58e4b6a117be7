import { useEffect, useState } from 'preact/hooks';

import { useLive } from '../live/Live';
import { useAt } from './at';
import styles from './LiveLight.module.css';

const BEHIND_FROM = 20;

/** How the page stands to the log: live, behind, or without it. */
export function LiveLight() {
  const { state, reading } = useLive();
  const at = useAt();
  const seconds = useSecondsUntil(state.is === 'offline' ? state.retryAt : null);
  const [light, text] = describe();
  return (
    <span class={styles.light} data-light={light}>
      {text}
    </span>
  );

  function describe(): [string, string] {
    if (at !== null) return ['past', `at ${at.toLocaleString('en')}`];
    if (state.is === 'offline') return ['offline', `offline, retrying in ${seconds} s`];
    if (state.is === 'refused') return ['offline', state.detail];
    if (state.is === 'connecting' || !reading) return ['connecting', 'connecting'];
    const behind = reading.head - reading.position;
    if (behind > BEHIND_FROM) return ['behind', `behind ${behind.toLocaleString('en')}`];
    return ['live', `live · ${reading.position.toLocaleString('en')}`];
  }
}

function useSecondsUntil(moment: number | null): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (moment === null) return;
    setNow(Date.now());
    const timer = window.setInterval(() => setNow(Date.now()), 1_000);
    return () => window.clearInterval(timer);
  }, [moment]);
  return moment === null ? 0 : Math.max(1, Math.ceil((moment - now) / 1_000));
}
