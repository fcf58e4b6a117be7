import type { LogEvent } from '../../live/event';

const RUNS = ['prefect.flow-run.', 'prefect.task-run.'];

/** Whether an event is of any run, or was written by one. */
export function isOfRuns(event: LogEvent): boolean {
  return resourcesOf(event).some((id) => RUNS.some((prefix) => id.startsWith(prefix)));
}

/** Whether an event is of this run, or was written by it. */
export function isOfRun(runId: string): (event: LogEvent) => boolean {
  return (event) => resourcesOf(event).some((id) => RUNS.some((prefix) => id === prefix + runId));
}

function resourcesOf({ event: { resource, related } }: LogEvent): string[] {
  return [resource, ...related].map((labels) => labels['prefect.resource.id'] ?? '');
}
