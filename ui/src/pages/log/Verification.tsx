import { useQuery } from '@tanstack/react-query';
import { useState } from 'preact/hooks';
import { ShieldAlert, ShieldCheck, ShieldEllipsis } from 'lucide-preact';

import { read } from '../../api/client';
import type { VerificationShown } from '../../api/schema';
import { useRead } from '../../api/useRead';
import { count, counted } from '../../parts/numbers';
import { Fault } from '../../parts/Fault';
import { Time } from '../../parts/Time';
import { Link } from '../../shell/Link';
import styles from './Verification.module.css';

const FAULT_FOUND = 'digsite.log.fault-found';
const REFETCH_MS = 5_000;
const WRONG: Record<string, string> = {
  chain: 'its hash is not that of its header and the hash before',
  body: 'its body is not what the header commits to',
  missing: 'it is not there',
  read_model: 'a read model shows something else',
};
const FAULTS_SHOWN = 20;

/** Whether the log is what it was when it was recorded: what the inspector has found. */
export function Verification() {
  const { data, error } = useRead(
    '/log/verification',
    {},
    { affectedBy: () => true, refetchMs: REFETCH_MS, takesAsOf: false },
  );
  const [isOpen, setOpen] = useState(false);
  if (error) return <Fault error={error} />;
  if (!data) return null;
  const [state, sentence] = said(data);
  const Icon = { good: ShieldCheck, bad: ShieldAlert, unknown: ShieldEllipsis }[state];
  return (
    <section class={styles.verification} data-state={state} aria-labelledby="verification">
      <Icon size={20} aria-hidden />
      <div class={styles.said}>
        <h2 id="verification">{sentence}</h2>
        <First verification={data} />
        <Round verification={data} />
      </div>
      {state === 'bad' && (
        <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Show less' : 'Show all faults'}
        </button>
      )}
      {isOpen && <Faults />}
    </section>
  );
}

/** Where it is wrong, if it is. */
function First({ verification: { last } }: { verification: VerificationShown }) {
  const fault = last?.first_fault;
  if (!fault) return null;
  return (
    <p role="alert">
      First at <Link to={`/events?open=${fault.position}`}>position {count(fault.position)}</Link>:{' '}
      {fault.detail}
    </p>
  );
}

function Round({ verification: { rate, position, head, last } }: { verification: VerificationShown }) {
  return (
    <p class={styles.quiet}>
      {last?.ended && (
        <>
          The last round ended <Time at={last.ended} ago /> at position {count(last.position)}.{' '}
        </>
      )}
      {rate === 0
        ? 'Nothing is verified by this process: its rate is 0.'
        : `The next one is at ${count(position)} of ${count(head)}, at ${count(rate)} events a second.`}
    </p>
  );
}

/** Each fault, as the event says that tells of it. */
function Faults() {
  const query = { kind: FAULT_FOUND, limit: FAULTS_SHOWN };
  const { data, error } = useQuery({
    queryKey: ['faults'],
    queryFn: async ({ signal }) => {
      const { entries } = await read('/ui/events', { query }, signal);
      return Promise.all(
        entries.map(({ position }) => read('/log/{position}', { path: { position } }, signal)),
      );
    },
  });
  if (error) return <Fault error={error} />;
  return (
    <ol class={styles.faults}>
      {data?.map(({ position, event }) => {
        const fault = event['payload'] as { position?: number; wrong?: string; read_model?: string | null };
        return (
          <li key={position}>
            {fault.position !== undefined && (
              <Link to={`/events?open=${fault.position}`}>position {count(fault.position)}</Link>
            )}{' '}
            {WRONG[fault.wrong ?? ''] ?? fault.wrong}
            {fault.read_model && ` (${fault.read_model})`},{' '}
            <Link to={`/events?open=${position}`}>told at {count(position)}</Link>
          </li>
        );
      })}
    </ol>
  );
}

function said({ last }: VerificationShown): ['good' | 'bad' | 'unknown', string] {
  if (!last) return ['unknown', 'It has not been verified yet whether the log is what was recorded'];
  if (last.faults > 0)
    return ['bad', `The log is not what was recorded: ${counted(last.faults, 'fault')} found`];
  return ['good', 'The log is what was recorded: no fault was found'];
}
