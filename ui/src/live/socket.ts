import { addressOf, ask } from '../api/client';
import { readToken } from '../api/token';
import type { LogEvent } from './event';
import { told, type Frame, type Gap, type Reading } from './reader';

const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 15_000;
const BLOCKED_AFTER = 3;
/** Attempts that never opened, after which the log is read over plain HTTP. */
const POLL_WAIT_S = 25;
const HIDDEN_PAINT_MS = 1_000;
/** A tab that nobody sees folds what comes, and paints this seldom. */

export type LiveState =
  | { is: 'connecting' }
  | { is: 'live' }
  | { is: 'offline'; retryAt: number }
  | { is: 'refused'; detail: string };

/** What listeners are told of, at most once a frame of the screen. */
export interface News {
  events: LogEvent[];
  gaps: Gap[];
}

type Listener = (news: News) => void;

/** The tab's one connection to the log. It comes back by itself, where it was, and tells of everything once. */
export class LiveSocket {
  state: LiveState = { is: 'connecting' };
  reading: Reading;
  private socket: WebSocket | null = null;
  private attempts = 0;
  private retry: number | undefined;
  private waiting: News = { events: [], gaps: [] };
  private paint: number | undefined;
  private stopped = false;
  private readonly listeners = new Set<Listener>();
  private readonly watchers = new Set<() => void>();

  constructor(position: number) {
    this.reading = { position, head: position };
  }

  /** Be told of what comes, until what is returned is called. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Be told that `state` or `reading` has changed, likewise. */
  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  open(): void {
    this.stopped = false;
    if (this.attempts >= BLOCKED_AFTER) void this.poll();
    else this.connect();
  }

  close(): void {
    this.stopped = true;
    window.clearTimeout(this.retry);
    this.socket?.close();
    this.socket = null;
  }

  private connect(): void {
    const token = readToken();
    const query = { after: this.reading.position, bodies: 'reference' };
    const socket = new WebSocket(addressOf('/log/stream', { query }), token ? ['prefect'] : []);
    this.socket = socket;
    socket.onopen = () => {
      this.attempts = 0;
      if (token) socket.send(JSON.stringify({ type: 'auth', token }));
    };
    socket.onmessage = ({ data }: MessageEvent<string>) =>
      this.receive(JSON.parse(data) as Frame | { type: 'auth_success' });
    socket.onclose = () => {
      if (this.socket === socket) this.comeBack();
    };
  }

  /** Where sockets do not get through: the same cursor, page by page. */
  private async poll(): Promise<void> {
    while (!this.stopped) {
      try {
        const query = { after: this.reading.position, bodies: 'reference', wait_s: POLL_WAIT_S };
        const page = (await (await ask('get', addressOf('/log', { query }))).json()) as Frame;
        this.receive(page);
        this.become({ is: 'live' });
      } catch {
        this.comeBack();
        return;
      }
    }
  }

  private receive(frame: Frame | { type: 'auth_success' }): void {
    if (frame.type === 'auth_success') return;
    if (frame.type === 'refused') {
      this.become({ is: 'refused', detail: frame.detail });
      this.stopped = true;
      return;
    }
    const { reading, events, gap } = told(this.reading, frame);
    this.reading = reading;
    this.waiting.events.push(...events);
    if (gap) this.waiting.gaps.push(gap);
    if (frame.type !== 'events' && this.state.is !== 'live') this.state = { is: 'live' };
    this.paintSoon();
  }

  private comeBack(): void {
    this.socket = null;
    if (this.stopped) return;
    const longest = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.attempts);
    this.attempts += 1;
    const wait = longest * (0.5 + Math.random() / 2);
    this.become({ is: 'offline', retryAt: Date.now() + wait });
    this.retry = window.setTimeout(() => this.open(), wait);
  }

  private become(state: LiveState): void {
    this.state = state;
    this.watchers.forEach((watcher) => watcher());
  }

  private paintSoon(): void {
    if (this.paint !== undefined) return;
    const paint = () => {
      this.paint = undefined;
      const news = this.waiting;
      this.waiting = { events: [], gaps: [] };
      if (news.events.length || news.gaps.length) this.listeners.forEach((listener) => listener(news));
      this.watchers.forEach((watcher) => watcher());
    };
    this.paint = document.hidden ? window.setTimeout(paint, HIDDEN_PAINT_MS) : requestAnimationFrame(paint);
  }
}
