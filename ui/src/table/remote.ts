/** A table in its worker, as the page asks it. */

import { ApiError, credentials, Offline, saying } from '../api/client';
import { policy } from '../trusted';
import type { Answer, Call, Calls, Fault, Opened } from './protocol';
import workerAddress from './worker?worker&url';

type Settle = (answer: Answer) => void;

/** What is wrong with a table that the server has given. */
export class TableFault extends Error {
  override name = 'TableFault';

  constructor(readonly fault: Fault) {
    super('message' in fault ? fault.message : fault.fault);
  }
}

export class RemoteTable {
  private readonly worker = new Worker(policy.createScriptURL(workerAddress), { type: 'module' });
  private readonly waiting = new Map<number, Settle>();
  private lastId = 0;

  constructor() {
    this.worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      this.waiting.get(data.id)?.(data);
      this.waiting.delete(data.id);
    };
    this.worker.onerror = (event) => {
      const message = event.message || 'The script that reads tables could not be loaded.';
      for (const [id, settle] of this.waiting) settle({ id, fault: { fault: 'failed', message } });
      this.waiting.clear();
    };
  }

  /** Raises ApiError, Offline, TableFault. */
  open(address: string): Promise<Opened> {
    const url = new URL(address, location.href).href;
    return this.ask('open', { url, headers: { Accept: 'application/json', ...credentials() } });
  }

  /** Raises TableFault. Once it is closed, there is no answer. */
  ask<C extends Call>(call: C, asked: Calls[C]['asked']): Promise<Calls[C]['answer']> {
    const id = ++this.lastId;
    return new Promise((resolve, reject: (error: Error) => void) => {
      this.waiting.set(id, (answer) => {
        if ('fault' in answer) reject(errorOf(answer.fault));
        else resolve(answer.answer as Calls[C]['answer']);
      });
      this.worker.postMessage({ id, call, asked });
    });
  }

  close(): void {
    this.worker.terminate();
    this.waiting.clear();
  }
}

function errorOf(fault: Fault): Error {
  if (fault.fault === 'offline') return new Offline();
  if (fault.fault === 'refused') {
    return new ApiError(fault.status, saying(fault.answer) ?? `${fault.status}`, null, fault.answer);
  }
  return new TableFault(fault);
}
