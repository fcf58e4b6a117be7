/** For tests: chance that is the same each time. */

export class Dice {
  constructor(private state: number) {}

  /** A whole number from 0, below `end`. */
  below(end: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * end);
  }

  of<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }
}

/** JSON of cells, each of another sort; some are the same. */
export const LITERALS = [
  'null',
  'NaN',
  '""',
  '0',
  '-1',
  '1.0',
  '1',
  '2e3',
  '10',
  'Infinity',
  '-Infinity',
  '9007199254740993',
  '9007199254740992',
  'true',
  'false',
  '"a"',
  '"B"',
  '"b"',
  '"row 10"',
  '"row 9"',
  '"Zürich"',
  '"\\u00e9t\\u00e9"',
  '"x\\ny"',
  '[1, 2]',
  '{"a": {"b": 1.50}}',
] as const;

/** A list of objects with up to so many rows; some rows lack columns, some have them in another order. */
export function randomTable(dice: Dice, rows: number): string {
  const row = (): string => {
    const names = ['id', 'a', 'b', '__proto__'].filter(() => dice.below(5) > 0);
    if (dice.below(4) === 0) names.reverse();
    return `{${names.map((name) => `${JSON.stringify(name)}: ${dice.of(LITERALS)}`).join(', ')}}`;
  };
  return `[${Array.from({ length: dice.below(rows + 1) }, row).join(', ')}]`;
}
