/** What a cell is and how it is shown, from the JSON that was sent for it. */

export const MISSING = 0;
export const NULL = 1;
export const TEXT = 2;
export const NUMBER = 3;
export const BOOLEAN = 4;
export const NESTED = 5;
export type Kind =
  typeof MISSING | typeof NULL | typeof TEXT | typeof NUMBER | typeof BOOLEAN | typeof NESTED;

export function kindOf(literal: string): Kind {
  switch (literal.charAt(0)) {
    case '':
      return MISSING;
    case 'n':
      return NULL;
    case '"':
      return TEXT;
    case 't':
    case 'f':
      return BOOLEAN;
    case '[':
    case '{':
      return NESTED;
    default:
      return NUMBER;
  }
}

/** A text without its quotes; all else as it was sent. */
export function textOf(literal: string): string {
  if (literal.charCodeAt(0) !== 34) return literal;
  return literal.includes('\\') ? (JSON.parse(literal) as string) : literal.slice(1, -1);
}

/** Nothing to see: missing, null, an empty text, not a number. Sorted last, whichever way. */
export function isEmpty(literal: string): boolean {
  return literal === '' || literal === 'null' || literal === '""' || literal === 'NaN';
}
