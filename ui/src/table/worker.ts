/** The thread that holds a table: it fetches, parses, sorts and searches, so that the page never waits for it. */

import { Engine } from './engine';
import { excerptOf } from './excerpt';
import { parse } from './parse';
import type { Answer, Fault, Opened, Question } from './protocol';
import { ParseError } from './scanner';
import { TABLE_BYTES_MAX, TooManyCells } from './table';

const page = self as unknown as MessagePort;
let engine: Engine | undefined;

page.onmessage = ({ data: question }: MessageEvent<Question>) => {
  void answered(question).then((answer) => page.postMessage(answer));
};

async function answered(question: Question): Promise<Answer> {
  try {
    return { id: question.id, answer: await answerTo(question) };
  } catch (error) {
    return { id: question.id, fault: faultOf(error) };
  }
}

async function answerTo(question: Question): Promise<unknown> {
  if (question.call === 'open') return open(question.asked.url, question.asked.headers);
  if (!engine) throw new Error('no table is open');
  switch (question.call) {
    case 'arrange':
      return engine.arrange(question.asked);
    case 'window':
      return engine.window(question.asked.from);
    case 'cell':
      return engine.cell(question.asked.row, question.asked.column);
    case 'place':
      return engine.place(question.asked.row);
    case 'rowKey':
      return engine.rowKey(question.asked.row);
    case 'prepare':
      engine.prepare();
      return null;
  }
}

/** Throws what `faultOf` knows. */
async function open(url: string, headers: Record<string, string>): Promise<Opened> {
  const answer = await fetch(url, { headers }).catch((): never => {
    throw new Unreachable();
  });
  if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => null));
  const bytes = await answer.arrayBuffer();
  if (bytes.byteLength > TABLE_BYTES_MAX) throw new TooLarge(bytes.byteLength);
  const table = parse(new TextDecoder().decode(bytes));
  engine = new Engine(table);
  return { shape: table.shape, height: table.height, repeated: table.repeated };
}

class Unreachable extends Error {}

class TooLarge extends Error {
  constructor(readonly bytes: number) {
    super(`the table has more than ${TABLE_BYTES_MAX} bytes`);
  }
}

class Refused extends Error {
  constructor(
    readonly status: number,
    readonly answer: unknown,
  ) {
    super(String(status));
  }
}

function faultOf(error: unknown): Fault {
  if (error instanceof ParseError) {
    const { place, message, text } = error;
    return { fault: 'unparsable', message, place, excerpt: excerptOf(text, place.offset) };
  }
  if (error instanceof TooLarge) return { fault: 'too large', bytes: error.bytes };
  if (error instanceof TooManyCells) return { fault: 'too many cells', cells: error.cells };
  if (error instanceof Unreachable) return { fault: 'offline' };
  if (error instanceof Refused) return { fault: 'refused', status: error.status, answer: error.answer };
  return { fault: 'failed', message: error instanceof Error ? error.message : String(error) };
}
