/** An event as the log's stream tells of it. */
export interface LogEvent {
  position: number;
  event: {
    id: string;
    event: string;
    occurred: string;
    received: string;
    resource: Record<string, string>;
    related: Record<string, string>[];
    payload: Record<string, unknown>;
  };
}

const ARTIFACT = 'prefect.artifact.';

/** The id of the artifact that an event is about; null: it is about something else. */
export function artifactOf({ event }: LogEvent): string | null {
  const id = event.resource['prefect.resource.id'] ?? '';
  return id.startsWith(ARTIFACT) ? id.slice(ARTIFACT.length) : null;
}

/** The key of the artifact, or of the collection, that an event is about; null: it has none. */
export function keyOf({ event }: LogEvent): string | null {
  const { key } = event.payload;
  return typeof key === 'string' ? key : null;
}

/** Whether an event changes artifacts, or which is the latest of a key. */
export function isOfArtifacts({ event }: LogEvent): boolean {
  return event.event.startsWith('prefect.artifact');
}
