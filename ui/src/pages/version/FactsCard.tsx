import type { ComponentChildren } from 'preact';

import type { Facts } from '../../api/schema';
import { Time } from '../../parts/Time';
import { count, size } from '../../parts/numbers';
import { Receipt } from '../../receipts/Receipt';
import { toArtifact, toEvent, toFlowRun, toTaskRun } from '../../shell/addresses';
import { Link } from '../../shell/Link';
import styles from './FactsCard.module.css';

/** Who wrote it, when, where, in which run, and what it comes to. */
export function FactsCard({ facts }: { facts: Facts }) {
  const metadata = Object.entries(facts.metadata_ ?? {});
  return (
    <aside class={styles.card} aria-label="Facts">
      <section>
        <h2>Written by</h2>
        <dl>
          {facts.flow_run_id !== null && (
            <Fact name="Flow run">
              <Link to={toFlowRun(facts.flow_run_id)}>{facts.flow_run_name ?? facts.flow_run_id}</Link>
              {facts.flow_name && <span class={styles.quiet}> of {facts.flow_name}</span>}
            </Fact>
          )}
          {facts.task_run_id !== null && (
            <Fact name="Task run">
              <Link to={toTaskRun(facts.task_run_id)}>{facts.task_run_name ?? facts.task_run_id}</Link>
            </Fact>
          )}
          <Fact name="Actor">{facts.actor}</Fact>
          <Fact name="Client">{facts.client || 'unknown'}</Fact>
          <Fact name="From">{facts.address || 'unknown'}</Fact>
          <Fact name="Request">
            <code>{facts.request_id}</code>
          </Fact>
        </dl>
      </section>
      <section>
        <h2>When</h2>
        <dl>
          <Fact name="Created">
            <Time at={facts.created} />
          </Fact>
          {facts.version > 1 && (
            <Fact name="Changed">
              <Time at={facts.updated} />, {count(facts.version - 1)}×
            </Fact>
          )}
          {facts.restored_from && (
            <Fact name="Restored from">
              <Link to={`${toArtifact(facts.restored_from.artifact_id)}?at=${facts.restored_from.position}`}>
                position {count(facts.restored_from.position)}
              </Link>
            </Fact>
          )}
          <Fact name="Event">
            <Link to={toEvent(facts.recorded, facts.event_id)}>…{facts.event_id.slice(-8)}</Link>
          </Fact>
        </dl>
      </section>
      <section>
        <h2>Data</h2>
        <dl>
          <Fact name="Type">{facts.type ?? 'none given'}</Fact>
          {facts.data_bytes !== null && <Fact name="Size">{size(facts.data_bytes)}</Fact>}
          {facts.data_sha256 !== null && (
            <Fact name="SHA-256">
              <code>{facts.data_sha256}</code>
            </Fact>
          )}
          <Fact name="Id">
            <code>{facts.id}</code>
          </Fact>
        </dl>
      </section>
      {metadata.length > 0 && (
        <section>
          <h2>Metadata</h2>
          <dl>
            {metadata.map(([name, value]) => (
              <Fact key={name} name={name}>
                {value}
              </Fact>
            ))}
          </dl>
        </section>
      )}
      <section>
        <h2>Receipt</h2>
        <Receipt key={facts.hash} facts={facts} />
      </section>
    </aside>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
