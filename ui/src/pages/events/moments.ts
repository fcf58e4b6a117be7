/** A moment of the day as a clock shows it, to the millisecond; of another day with the date. */
export function clock(at: string, now: Date = new Date()): string {
  const moment = new Date(at);
  const time = `${moment.toLocaleTimeString('en-GB')}.${String(moment.getMilliseconds()).padStart(3, '0')}`;
  if (moment.toDateString() === now.toDateString()) return time;
  const year = moment.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' as const };
  return `${moment.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', ...year })} ${time}`;
}

/** A stretch of time, as short as it can be said: `21 Nov 12:00 – 12:30`. */
export function stretch(from: Date, to: Date): string {
  const day = (moment: Date) => moment.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
  const withSeconds = to.getTime() - from.getTime() < 120_000;
  const time = (moment: Date) =>
    moment.toLocaleTimeString('en-GB', {
      hour: '2-digit',
      minute: '2-digit',
      ...(withSeconds ? { second: '2-digit' as const } : {}),
    });
  const isOneDay = day(from) === day(to);
  return `${day(from)} ${time(from)} – ${isOneDay ? '' : `${day(to)} `}${time(to)}`;
}
