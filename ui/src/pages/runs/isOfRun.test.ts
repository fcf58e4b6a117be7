import { expect, test } from 'vitest';

import type { LogEvent } from '../../live/event';
import { isOfRun, isOfRuns } from './isOfRun';

function event(resource: string, ...related: string[]): LogEvent {
  const labels = (id: string) => ({ 'prefect.resource.id': id });
  return {
    position: 1,
    event: { resource: labels(resource), related: related.map(labels) },
  } as unknown as LogEvent;
}

test('what a run wrote is of that run, and of no other', () => {
  const written = event('prefect.artifact.1', 'prefect.flow-run.r', 'prefect.task-run.t');
  expect([isOfRun('r')(written), isOfRun('t')(written), isOfRun('s')(written)]).toEqual([true, true, false]);
});

test('a change of state is of its run', () => {
  expect(isOfRun('r')(event('prefect.flow-run.r'))).toBe(true);
});

test('what no run wrote is of none', () => {
  expect(isOfRuns(event('prefect.artifact.1', 'prefect.flow.f'))).toBe(false);
});
