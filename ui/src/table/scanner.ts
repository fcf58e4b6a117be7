/** JSON text, read without building its values: where each begins and ends is enough to show it as it was sent. */

/** Line and column count from 1, as editors count; the offset from 0, in UTF-16 units. */
export interface Place {
  offset: number;
  line: number;
  column: number;
}

export class ParseError extends Error {
  override name = 'ParseError';

  constructor(
    message: string,
    readonly place: Place,
    /** The text in which the place is. */
    readonly text: string,
  ) {
    super(message);
  }
}

/** Arrays and objects inside each other. Deeper ones are refused, rather than the stack overrun. */
export const NESTING_MAX = 1000;

/** What Python writes for the numbers that JSON lacks. */
const WORDS = ['null', 'true', 'false', 'NaN', 'Infinity', '-Infinity'];

const [TAB, NEWLINE, RETURN, SPACE] = [9, 10, 13, 32];
const [QUOTE, BACKSLASH] = [34, 92];
const [MINUS, PLUS, POINT, ZERO, NINE] = [45, 43, 46, 48, 57];
const [OPEN_LIST, OPEN_OBJECT] = [91, 123];

export class Scanner {
  position = 0;
  private depth = 0;

  constructor(readonly text: string) {}

  /** The code of the next character that is no white space, without passing it. NaN: the text ends. */
  peek(): number {
    for (;;) {
      const code = this.text.charCodeAt(this.position);
      if (code !== SPACE && code !== NEWLINE && code !== RETURN && code !== TAB) return code;
      this.position++;
    }
  }

  /** Pass this character, if it comes next. */
  passes(character: string): boolean {
    if (this.peek() !== character.charCodeAt(0)) return false;
    this.position++;
    return true;
  }

  /** Pass this character. Throws ParseError. */
  expect(character: string, otherwise = character): void {
    if (!this.passes(character)) this.fail(`expected ${otherwise}`);
  }

  /** Pass one value. Throws ParseError. */
  skipValue(): void {
    const code = this.peek();
    if (code === QUOTE) this.skipString();
    else if ((code >= ZERO && code <= NINE) || code === MINUS) this.skipNumber();
    else if (code === OPEN_OBJECT) this.skipItems('}', () => this.skipMember());
    else if (code === OPEN_LIST) this.skipItems(']', () => this.skipValue());
    else this.skipWord();
  }

  /** Pass a string, from its first quote to behind its last. Throws ParseError. */
  skipString(): void {
    const { text } = this;
    if (this.peek() !== QUOTE) this.fail('expected a string');
    for (let at = this.position + 1; ; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.position = at + 1;
        return;
      }
      if (code === BACKSLASH) {
        at = this.escapeEnd(at);
      } else if (!(code >= SPACE)) {
        this.position = at;
        this.fail(code < SPACE ? 'a string with a raw control character' : 'expected the end of a string');
      }
    }
  }

  /** Nothing but white space may follow. Throws ParseError. */
  end(): void {
    if (!Number.isNaN(this.peek())) this.fail('expected the end of the text');
  }

  /** Throws ParseError, at the place where the scanner is. */
  fail(expected: string): never {
    const found =
      this.position < this.text.length ? `found ${JSON.stringify(this.character())}` : 'the text ends';
    throw new ParseError(`${expected}, ${found}`, placeOf(this.text, this.position), this.text);
  }

  private character(): string {
    return String.fromCodePoint(this.text.codePointAt(this.position) ?? 0);
  }

  /** Where the escape that begins with this backslash has its last character. */
  private escapeEnd(backslash: number): number {
    const letter = this.text.charAt(backslash + 1);
    if (letter === 'u' && /^[0-9a-fA-F]{4}$/.test(this.text.slice(backslash + 2, backslash + 6)))
      return backslash + 5;
    if (letter !== '' && '"\\/bfnrt'.includes(letter)) return backslash + 1;
    this.position = backslash;
    return this.fail('a string with a wrong escape');
  }

  private skipNumber(): void {
    const from = this.position;
    if (this.text.charCodeAt(from) === MINUS) this.position++;
    if (this.text.startsWith('Infinity', this.position)) {
      this.position += 'Infinity'.length;
      return;
    }
    if (this.text.charCodeAt(this.position) === ZERO) this.position++;
    else this.skipDigits();
    if (this.text.charCodeAt(this.position) === POINT) {
      this.position++;
      this.skipDigits();
    }
    const letter = this.text.charCodeAt(this.position) | 32;
    if (letter === 101) {
      const sign = this.text.charCodeAt(this.position + 1);
      this.position += sign === PLUS || sign === MINUS ? 2 : 1;
      this.skipDigits();
    }
  }

  private skipDigits(): void {
    const from = this.position;
    for (;;) {
      const code = this.text.charCodeAt(this.position);
      if (!(code >= ZERO && code <= NINE)) break;
      this.position++;
    }
    if (this.position === from) this.fail('expected a digit');
  }

  private skipWord(): void {
    const word = WORDS.find((each) => this.text.startsWith(each, this.position));
    if (word === undefined) this.fail('expected a value');
    this.position += word.length;
  }

  private skipMember(): void {
    if (this.peek() !== QUOTE) this.fail('expected a name in double quotes');
    this.skipString();
    this.expect(':');
    this.skipValue();
  }

  private skipItems(close: ']' | '}', skipItem: () => void): void {
    if (++this.depth > NESTING_MAX)
      this.fail(`expected at most ${NESTING_MAX} lists and objects inside each other`);
    this.position++;
    this.items(close, skipItem);
    this.depth--;
  }

  /** Pass the items of a list or object whose opening was passed, and its close. Throws ParseError. */
  items(close: ']' | '}', item: () => void): void {
    if (this.passes(close)) return;
    do item();
    while (this.passes(','));
    this.expect(close, `"," or "${close}"`);
  }
}

export function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { offset, line: before.split('\n').length, column: offset - lineStart + 1 };
}
