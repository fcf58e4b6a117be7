import type { Facts } from '../api/schema';
import { Fault } from '../parts/Fault';
import { Skeleton } from '../parts/Skeleton';
import styles from './NumberContent.module.css';
import { useData } from './useData';

/** A number, with each digit that was published. */
export function NumberContent({ facts }: { facts: Facts }) {
  const { data, error, refetch } = useData(facts, 'text');
  if (error) return <Fault error={error} retry={() => void refetch()} />;
  return data === undefined ? <Skeleton rows={1} /> : <p class={styles.number}>{data}</p>;
}
