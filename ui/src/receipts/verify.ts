/**
 * A receipt is checked here, in the browser, from what anybody can ask for: see the server's documentation of proofs.
 *
 *     the event's hash ─► the way to the root ─► the checkpoint that states the root ─► its signature, by the log's key
 */
import type { EventProofShown, KeptShown } from '../api/schema';

/** What one step has found. */
export interface Finding {
  says: string;
  holds: boolean;
}

export interface Checkpoint {
  origin: string;
  size: number;
  root: Uint8Array;
}

const LABELS = 9;
const BODY = 25;

const encoder = new TextEncoder();

/** What must hold does not. */
class Refuted extends Error {}

function must(holds: boolean, why: string): asserts holds {
  if (!holds) throw new Refuted(why);
}

/** Each step that holds, up to the first that does not. */
export async function findings(
  hash: string,
  proof: EventProofShown,
  note: string,
  key: string,
): Promise<Finding[]> {
  const found: Finding[] = [];
  const step = async (says: string, work: () => Promise<void>) => {
    if (found.some(({ holds }) => !holds)) return;
    try {
      await work();
      found.push({ says, holds: true });
    } catch (error) {
      found.push({ says: (error as Error).message, holds: false });
    }
  };
  let checkpoint: Checkpoint | undefined;
  await step('The event has this hash', () => checkHash(proof, hash));
  await step('What it names and says is what the hash covers', () => checkContent(proof));
  await step('The checkpoint is signed by the log’s key', async () => {
    checkpoint = await readCheckpoint(note, key);
  });
  await step('The event is below the checkpoint', async () => {
    must(checkpoint !== undefined, 'There is no checkpoint.');
    await checkInclusion(proof, checkpoint);
  });
  return found;
}

/** The hash covers the header and all events before. */
export async function checkHash(proof: EventProofShown, hash: string): Promise<void> {
  const made = await sha256(bytesOf(proof.hash_before), encoder.encode(proof.header));
  must(hex(made) === hash, 'The event has another hash than this page shows: one of the two was altered.');
}

/** Labels and body are what the header commits to. What is absent can't be compared, and need not be. */
export async function checkContent(proof: EventProofShown): Promise<void> {
  const header = JSON.parse(proof.header) as unknown[];
  must(header[0] === proof.position, 'The proof is of another position.');
  await checkKept(proof.labels, header[LABELS], 'What the event names');
  await checkKept(proof.body, header[BODY], 'What the event says');
}

async function checkKept(kept: KeptShown | null, commitment: unknown, what: string): Promise<void> {
  must((kept?.commitment ?? null) === commitment, `${what} is not what the header commits to.`);
  if (kept?.content == null || kept.salt == null) return;
  const made = await sha256(bytesOf(kept.salt), encoder.encode(kept.content));
  must(hex(made) === commitment, `${what} was altered.`);
}

/** What a checkpoint states, if it is signed by this key. */
export async function readCheckpoint(note: string, key: string): Promise<Checkpoint> {
  const [name = '', keyId, ...rest] = key.trim().split('+');
  const publicKey = fromBase64(rest.join('+'));
  const end = note.lastIndexOf('\n\n');
  const text = note.slice(0, end + 1);
  const [origin = '', size, root = ''] = text.split('\n');
  const signed = note
    .slice(end + 2)
    .split('\n')
    .find((line) => line.startsWith(`\u2014 ${name} `));
  must(signed !== undefined && origin === name, 'The checkpoint is another log’s.');
  const signature = fromBase64(signed.split(' ')[2] ?? '');
  must(hex(signature.slice(0, 4)) === keyId, 'The checkpoint is signed by another key.');
  const imported = await crypto.subtle.importKey('raw', publicKey.slice(1), 'Ed25519', false, ['verify']);
  const holds = await crypto.subtle.verify('Ed25519', imported, signature.slice(4), encoder.encode(text));
  must(holds, 'The signature of the checkpoint is not right: it was altered.');
  return { origin, size: Number(size), root: fromBase64(root) };
}

/** The way from the event's hash to the root, as RFC 9162 has it. */
export async function checkInclusion(proof: EventProofShown, { size, root }: Checkpoint): Promise<void> {
  const hash = await sha256(bytesOf(proof.hash_before), encoder.encode(proof.header));
  let node = await sha256(LEAF, hash);
  let [at, last] = [proof.position - 1, size - 1];
  for (const beside of proof.inclusion.map(bytesOf)) {
    must(last > 0, NOT_BELOW);
    if (at % 2 || at === last) {
      node = await sha256(NODE, beside, node);
      while (at % 2 === 0 && at) [at, last] = [half(at), half(last)];
    } else {
      node = await sha256(NODE, node, beside);
    }
    [at, last] = [half(at), half(last)];
  }
  must(last === 0 && hex(node) === hex(root), NOT_BELOW);
}

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
const NOT_BELOW = 'The event is not below the checkpoint: the log was altered.';

/** Positions may be beyond 2^31, so they are not shifted. */
const half = (value: number) => Math.floor(value / 2);

async function sha256(...parts: Uint8Array[]): Promise<Uint8Array> {
  return new Uint8Array(
    await crypto.subtle.digest('SHA-256', await new Blob(parts as BlobPart[]).arrayBuffer()),
  );
}

function bytesOf(digits: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
