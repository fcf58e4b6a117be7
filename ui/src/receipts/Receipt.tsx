import { useState } from 'preact/hooks';
import { BadgeCheck, ShieldAlert } from 'lucide-preact';

import { addressOf, ask, read } from '../api/client';
import type { Facts } from '../api/schema';
import { CopyButton } from '../parts/CopyButton';
import { count } from '../parts/numbers';
import { start } from '../start';
import { toArtifact } from '../shell/addresses';
import { findings, type Finding } from './verify';
import styles from './Receipt.module.css';

type State = { is: 'idle' } | { is: 'checking' } | { is: 'checked'; found: Finding[]; size: number | null };

/** Where a version stands in the log, and the check, in this browser, that nothing of it was altered. */
export function Receipt({ facts }: { facts: Facts }) {
  const [state, setState] = useState<State>({ is: 'idle' });
  const verify = async () => {
    setState({ is: 'checking' });
    setState({ is: 'checked', ...(await check(facts)) });
  };
  const holds = state.is === 'checked' && state.found.every((each) => each.holds);
  return (
    <section class={styles.receipt} aria-label="Receipt">
      <dl>
        <dt>Position</dt>
        <dd>{count(facts.position)}</dd>
        <dt>Hash</dt>
        <dd>
          <code>{facts.hash}</code>
        </dd>
      </dl>
      <div class={styles.actions}>
        <button type="button" onClick={() => void verify()} disabled={state.is === 'checking'}>
          <BadgeCheck size={14} aria-hidden /> Verify
        </button>
        <CopyButton text={receiptOf(facts)} label="Copy receipt" />
      </div>
      <div role="status">
        {state.is === 'checking' && <p>Checking…</p>}
        {state.is === 'checked' && (
          <>
            <p class={holds ? styles.good : styles.bad}>
              {holds ? <BadgeCheck size={16} aria-hidden /> : <ShieldAlert size={16} aria-hidden />}
              {holds ? `Verified in this browser, among ${count(state.size ?? 0)} events` : 'Not verified'}
            </p>
            <ol class={styles.steps}>
              {state.found.map(({ says, holds }) => (
                <li key={says} class={holds ? undefined : styles.bad}>
                  {holds ? '✓' : '✗'} {says}
                </li>
              ))}
            </ol>
          </>
        )}
      </div>
    </section>
  );
}

/** One line that says what was where, for a ticket. */
export function receiptOf(facts: Facts): string {
  const name = facts.key === null ? `artifact ${facts.id}` : `${facts.key} v${facts.number}`;
  const address = `${location.origin}${start.root}${toArtifact(facts.id)}?at=${facts.position}`;
  return `${name} · position ${facts.position} · hash ${facts.hash} · recorded ${facts.recorded} · ${address}`;
}

async function check(facts: Facts): Promise<{ found: Finding[]; size: number | null }> {
  try {
    if (!('subtle' in crypto)) {
      throw new Error(
        'This browser checks signatures only on pages that came over https, or from this machine.',
      );
    }
    const [key, note] = await Promise.all(['/log/key', '/log/checkpoint'].map(textAt));
    const size = Number((note ?? '').split('\n')[1]);
    const asked = { path: { position: facts.position }, query: { checkpoint: size } };
    const proof = await read('/log/{position}/proof', asked);
    return { found: await findings(facts.hash, proof, note ?? '', key ?? ''), size };
  } catch (error) {
    return { found: [{ says: (error as Error).message, holds: false }], size: null };
  }
}

async function textAt(path: string): Promise<string> {
  return (await ask('get', addressOf(path))).text();
}
