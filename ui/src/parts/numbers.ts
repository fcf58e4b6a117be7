const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'];
const STEP = 1_000;

/** A whole number, its thousands apart. */
export function count(value: number): string {
  return value.toLocaleString('en');
}

/** A count with its noun: `1 version`, `1,001 versions`. */
export function counted(value: number, noun: string, nouns = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : nouns}`;
}

/** A size in bytes, in the unit that keeps it short: `8.1 MB`. */
export function size(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= STEP && unit < UNITS.length - 1) {
    value /= STEP;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit] ?? ''}`;
}
