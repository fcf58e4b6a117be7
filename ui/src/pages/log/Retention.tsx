import type { PolicyShown, RetentionAhead } from '../../api/schema';
import { useRead } from '../../api/useRead';
import { Fault } from '../../parts/Fault';
import { exact } from '../../parts/moments';
import { count } from '../../parts/numbers';
import styles from './Retention.module.css';

/** What is let go by policy, and when the next time is. */
export function Retention({ ahead }: { ahead: RetentionAhead }) {
  const { data, error } = useRead(
    '/retention',
    {},
    { affectedBy: ({ event }) => event.event.startsWith('digsite.retention'), takesAsOf: false },
  );
  if (error) return <Fault error={error} />;
  return (
    <section aria-labelledby="retention">
      <h2 id="retention">Retention</h2>
      {data?.length === 0 && <p class={styles.quiet}>No policy is set: everything is kept.</p>}
      <ul class={styles.policies}>
        {data?.map((policy) => (
          <li key={policy.name}>
            <strong>{policy.name}</strong> {inWords(policy)}
          </li>
        ))}
      </ul>
      <p class={styles.quiet}>
        {ahead.interval_s === 0
          ? 'Policies are never applied by themselves here.'
          : ahead.next
            ? `Applied next at ${exact(ahead.next)}.`
            : 'Applied just now.'}
      </p>
    </section>
  );
}

/** What a policy keeps. */
function inWords({ keys, types, keep_for_s, keep_versions, keep_one_in, latest_too }: PolicyShown): string {
  const which = [keys && `keys like ${keys}`, types && `of type ${types.join(' or ')}`].filter(Boolean);
  const kept = [
    keep_for_s && `for ${days(keep_for_s)}`,
    keep_versions && `the newest ${count(keep_versions)} versions`,
    keep_one_in && `one state in ${count(keep_one_in)}`,
  ].filter(Boolean);
  return `${which.length ? which.join(', ') : 'every artifact'}: kept ${kept.join(', ')}${latest_too ? '; the latest goes, too' : ''}`;
}

function days(seconds: number): string {
  const day = 86_400;
  if (seconds >= day) return `${count(Math.round(seconds / day))} days`;
  return seconds >= 3_600 ? `${Math.round(seconds / 3_600)} hours` : `${seconds} s`;
}
