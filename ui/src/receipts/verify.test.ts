import { expect, test } from 'vitest';

import type { EventProofShown } from '../api/schema';
import { findings } from './verify';
import vectors from './vectors.json';

/** What a server has answered: a key, a checkpoint, and proofs of events below it, the first and the last among them. */
const { key, checkpoint } = vectors;
const proofs = vectors.proofs as EventProofShown[];
const [proof] = proofs.slice(2) as [EventProofShown];

async function holds(
  changed: Partial<EventProofShown> = {},
  given: { hash?: string; note?: string; key?: string } = {},
): Promise<boolean> {
  const found = await findings(
    given.hash ?? proof.hash,
    { ...proof, ...changed },
    given.note ?? checkpoint,
    given.key ?? key,
  );
  return found.length > 0 && found.every((each) => each.holds);
}

test.each(proofs.map((each) => [each.position, each] as const))(
  'the event at position %i is below the checkpoint',
  async (_, each) => {
    const found = await findings(each.hash, each, checkpoint, key);
    expect(found.map(({ holds }) => holds)).toEqual([true, true, true, true]);
  },
);

test('what was altered is refuted, whatever it is', async () => {
  const other = proofs[0] as EventProofShown;
  expect(await holds({}, { hash: other.hash })).toBe(false);
  expect(await holds({ header: proof.header.replace('anonymous', 'somebody') })).toBe(false);
  expect(await holds({ hash_before: other.hash_before })).toBe(false);
  expect(await holds({ labels: other.labels })).toBe(false);
  expect(await holds({ body: { ...proof.labels, content: 'another' } })).toBe(false);
  expect(await holds({ inclusion: proof.inclusion.slice(1) })).toBe(false);
  expect(await holds({ inclusion: [...proof.inclusion, proof.hash] })).toBe(false);
  expect(await holds({ position: other.position })).toBe(false);
});

test('a checkpoint that the log’s key has not signed is refuted', async () => {
  const size = checkpoint.split('\n')[1] ?? '';
  expect(await holds({}, { note: checkpoint.replace(`\n${size}\n`, `\n${Number(size) + 1}\n`) })).toBe(false);
  expect(
    await holds(
      {},
      { key: key.replace(/\+([0-9a-f])/, (_, first: string) => `+${first === '0' ? '1' : '0'}`) },
    ),
  ).toBe(false);
  expect(await holds({}, { note: checkpoint.replace('digsite/default', 'digsite/another') })).toBe(false);
});

test('the first step that does not hold says why', async () => {
  const found = await findings('00', proof, checkpoint, key);
  expect(found).toHaveLength(1);
  expect(found[0]?.says).toMatch(/another hash/);
});
