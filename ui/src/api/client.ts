import { API } from '../start';
import { readToken } from './token';
import type { paths } from './schema';

type Method = 'get' | 'post' | 'patch' | 'delete' | 'put';

/** The paths that can be read, and what they answer. */
export type Readable = {
  [P in keyof paths]: paths[P] extends {
    get: { responses: { 200: { content: { 'application/json': unknown } } } };
  }
    ? P
    : never;
}[keyof paths];

export type Answer<P extends Readable> = paths[P] extends {
  get: { responses: { 200: { content: { 'application/json': infer T } } } };
}
  ? T
  : never;

type Value = string | number | boolean | null | undefined;

export interface Asked {
  /** What stands for `{name}` in the path. */
  path?: Record<string, string | number>;
  query?: Record<string, Value | readonly string[]>;
}

/** A refusal, in the server's words. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly retryAfterS: number | null,
    /** The whole answer. */
    readonly body: unknown,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

/** The server could not be reached. */
export class Offline extends Error {
  constructor() {
    super('The server does not answer.');
    this.name = 'Offline';
  }
}

/** Read what is at a path. Raises ApiError, Offline. */
export async function read<P extends Readable>(
  path: P,
  asked: Asked = {},
  signal?: AbortSignal,
): Promise<Answer<P>> {
  const answer = await ask('get', addressOf(path, asked), undefined, signal);
  return (await answer.json()) as Answer<P>;
}

/** Change something. The answer's body; null: it has none. Raises ApiError, Offline. */
export async function write(
  method: Exclude<Method, 'get'>,
  path: string,
  asked: Asked = {},
  body?: unknown,
): Promise<unknown> {
  const answer = await ask(
    method,
    addressOf(path, asked),
    body === undefined ? undefined : JSON.stringify(body),
  );
  return answer.status === 204 ? null : ((await answer.json()) as unknown);
}

/** The address of a path of the API, for requests and for links. */
export function addressOf(path: string, { path: parts = {}, query = {} }: Asked = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(parts[name] ?? '')),
  );
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) value.forEach((each) => search.append(name, String(each)));
    else if (value !== null && value !== undefined && value !== '') search.append(name, String(value));
  }
  const text = search.toString();
  return API + filled + (text && `?${text}`);
}

/** The headers that say who asks. */
export function credentials(): Record<string, string> {
  const token = readToken();
  return token ? { Authorization: authorization(token) } : {};
}

/** Ask for an address, with the credentials that were given. Raises ApiError, Offline. */
export async function ask(
  method: Method,
  address: string,
  body?: string,
  signal?: AbortSignal,
): Promise<Response> {
  const headers = new Headers({ Accept: 'application/json', ...credentials() });
  if (body !== undefined) headers.set('Content-Type', 'application/json');
  const request: RequestInit = { method: method.toUpperCase(), headers };
  if (body !== undefined) request.body = body;
  if (signal) request.signal = signal;
  const answer = await fetch(address, request).catch((error: unknown) => {
    throw error instanceof DOMException ? error : new Offline();
  });
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

/** What a token is sent as: `user:password` is Basic, all else an API key. */
function authorization(token: string): string {
  if (!token.includes(':')) return `Bearer ${token}`;
  return `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(token)))}`;
}

async function refusal(answer: Response): Promise<ApiError> {
  const text = await answer.text();
  const body = parsed(text);
  const after = Number(answer.headers.get('Retry-After'));
  return new ApiError(
    answer.status,
    saying(body) ?? `${answer.status} ${answer.statusText}`,
    after || null,
    body,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What an answer says in words, in whichever of the API's shapes. */
export function saying(body: unknown): string | null {
  if (typeof body !== 'object' || body === null) return null;
  const { detail, exception_message: message, exception_detail: faults } = body as Record<string, unknown>;
  if (Array.isArray(faults)) return faults.map((each: { msg?: string }) => each.msg ?? '').join(' ');
  return [detail, message].find((each): each is string => typeof each === 'string') ?? null;
}
