/** Tables in the three shapes in which they are published, and as strings that hold their JSON, as Prefect's SDK sends them. */

import { ParseError, placeOf, Scanner } from './scanner';
import { Table } from './table';

/** Throws ParseError, TooManyCells. */
export function parse(text: string): Table {
  const scanner = new Scanner(whole(text));
  const table = tableAt(scanner);
  scanner.end();
  return table;
}

/** The JSON of a table that was sent as a string; any other text as it is. Throws ParseError. */
function whole(text: string): string {
  if (!text.trimStart().startsWith('"')) return text;
  new Scanner(text).skipString();
  return JSON.parse(text) as string;
}

function tableAt(scanner: Scanner): Table {
  if (scanner.passes('{')) return ofColumns(scanner);
  if (!scanner.passes('['))
    notATable(scanner, 'a table is a list of objects, a list of lists or an object of lists');
  const first = String.fromCharCode(scanner.peek());
  if (first === '[') return ofLists(scanner);
  if (first === '{' || first === ']') return ofObjects(scanner);
  return notATable(scanner, 'row 0 is no object and no list');
}

function ofObjects(scanner: Scanner): Table {
  const table = new Table(scanner.text, 'list of objects');
  const names = new Names(scanner);
  let row = 0;
  const member = (): void => {
    const name = names.next();
    scanner.expect(':');
    scanner.peek();
    const start = scanner.position;
    scanner.skipValue();
    table.put(row, table.place(name), start, scanner.position);
  };
  scanner.items(']', () => {
    if (!scanner.passes('{')) notATable(scanner, `row ${row} is no object, as row 0 is`);
    table.reach(row);
    names.begin();
    scanner.items('}', member);
    row++;
  });
  return table;
}

function ofLists(scanner: Scanner): Table {
  const table = new Table(scanner.text, 'list of lists');
  let [row, place] = [0, 0];
  const cell = (): void => {
    if (place === table.columns.length) table.place(String(place));
    scanner.peek();
    const start = scanner.position;
    scanner.skipValue();
    table.put(row, place++, start, scanner.position);
  };
  scanner.items(']', () => {
    if (!scanner.passes('[')) notATable(scanner, `row ${row} is no list, as row 0 is`);
    table.reach(row);
    place = 0;
    scanner.items(']', cell);
    row++;
  });
  return table;
}

function ofColumns(scanner: Scanner): Table {
  const table = new Table(scanner.text, 'object of lists');
  const lengths = new Map<number, number>();
  scanner.items('}', () => {
    const name = new Names(scanner).next();
    scanner.expect(':');
    if (!scanner.passes('[')) notATable(scanner, `the column ${JSON.stringify(name)} is no list`);
    const place = table.place(name);
    if (lengths.has(place)) table.clear(place);
    let row = 0;
    scanner.items(']', () => {
      scanner.peek();
      const start = scanner.position;
      scanner.skipValue();
      table.reach(row);
      table.put(row++, place, start, scanner.position);
    });
    lengths.set(place, row);
  });
  table.height = Math.max(0, ...lengths.values());
  return table;
}

/** The names in one object after the other. Most rows have the same ones in the same order, so the next is guessed. */
class Names {
  private readonly raw: string[] = [];
  private readonly names: string[] = [];
  private place = 0;

  constructor(private readonly scanner: Scanner) {}

  begin(): void {
    this.place = 0;
  }

  /** Pass a name. Throws ParseError. */
  next(): string {
    const { scanner, place } = this;
    const guess = this.raw[place];
    this.place++;
    if (scanner.peek() !== 34) scanner.fail('expected a name in double quotes');
    if (guess !== undefined && scanner.text.startsWith(guess, scanner.position)) {
      scanner.position += guess.length;
      return this.names[place] as string;
    }
    const start = scanner.position;
    scanner.skipString();
    const raw = scanner.text.slice(start, scanner.position);
    this.raw[place] = raw;
    return (this.names[place] = raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1));
  }
}

function notATable(scanner: Scanner, why: string): never {
  scanner.peek();
  if (scanner.position >= scanner.text.length) scanner.fail('expected a table');
  const place = placeOf(scanner.text, scanner.position);
  scanner.skipValue(); // what is no JSON at all is said to be that
  throw new ParseError(why, place, scanner.text);
}
