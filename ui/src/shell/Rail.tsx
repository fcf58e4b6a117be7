import { Activity, LayoutList, Play, ScrollText } from 'lucide-preact';
import { useLocation } from 'wouter-preact';

import { Link } from './Link';
import styles from './Rail.module.css';

/** The pages that are one step away from everywhere, and the key that goes there. */
export const PLACES = [
  { to: '/artifacts', below: /^\/(artifacts|compare)\b/, label: 'Artifacts', key: 'g a', Icon: LayoutList },
  { to: '/runs', below: /^\/runs\b/, label: 'Runs', key: 'g r', Icon: Play },
  { to: '/events', below: /^\/events\b/, label: 'Events', key: 'g e', Icon: Activity },
  { to: '/log', below: /^\/log\b/, label: 'Log', key: 'g l', Icon: ScrollText },
] as const;

export function Rail() {
  return (
    <nav class={styles.rail} aria-label="Pages">
      {PLACES.map((place) => (
        <Place key={place.to} place={place} />
      ))}
    </nav>
  );
}

function Place({ place: { to, below, label, Icon } }: { place: (typeof PLACES)[number] }) {
  const [path] = useLocation();
  return (
    <Link to={to} class={styles.place} aria-current={below.test(path) ? 'page' : undefined}>
      <Icon size={16} aria-hidden />
      {label}
    </Link>
  );
}
