/** The credentials that were typed in: an API key, or `user:password`. They are kept for this tab only. */
const NAME = 'digsite.token';

export function readToken(): string | null {
  return sessionStorage.getItem(NAME);
}

export function keepToken(token: string): void {
  sessionStorage.setItem(NAME, token);
}
