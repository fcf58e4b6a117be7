import type { LogEvent } from './event';

/** A frame of the log's stream. */
export type Frame =
  | { type: 'events'; from: number; to: number; head: number; events: LogEvent[] }
  | { type: 'caught_up' | 'heartbeat'; to: number; head: number }
  | { type: 'refused'; reason: string; detail: string };

/** Positions that were never told of: above `from`, up to `to`. */
export interface Gap {
  from: number;
  to: number;
}

/** How far a tab has read. */
export interface Reading {
  position: number;
  head: number;
}

/** What a frame brings to a reader: the events that are new to it, and what is missing before them. */
export interface Told {
  reading: Reading;
  events: LogEvent[];
  gap: Gap | null;
}

/** Fold a frame into what was read: what was seen is dropped, what is missing is told. */
export function told(reading: Reading, frame: Exclude<Frame, { type: 'refused' }>): Told {
  const position = Math.max(reading.position, frame.to);
  const next = { position, head: Math.max(reading.head, frame.head, position) };
  if (frame.type !== 'events') return { reading: next, events: [], gap: null };
  const events = frame.events.filter((each) => each.position > reading.position);
  const gap = frame.from > reading.position ? { from: reading.position, to: frame.from } : null;
  return { reading: next, events, gap };
}
