/** Beginnings of kinds of events that are often looked for. */
export const KINDS = [
  'prefect.artifact.',
  'prefect.artifact.created',
  'prefect.artifact.updated',
  'prefect.artifact.deleted',
  'prefect.artifact-collection.',
  'prefect.flow-run.',
  'prefect.task-run.',
  'prefect.deployment.',
  'digsite.',
  'digsite.erasure.',
  'digsite.retention.',
  'digsite.log.fault-found',
];
