/** Where things are in the page. The paths are Prefect's, where it has them. */

export const toKey = (key: string) => `/artifacts/key/${encodeURIComponent(key)}`;
export const toArtifact = (id: string) => `/artifacts/artifact/${id}`;
export const toCompare = (key: string, from: string | number, to: string | number) =>
  `/compare/${encodeURIComponent(key)}/${from}..${to}`;
export const toFlowRun = (id: string) => `/runs/flow-run/${id}`;
export const toTaskRun = (id: string) => `/runs/task-run/${id}`;
export const toEvent = (occurred: string, id: string) => `/events/event/${occurred.slice(0, 10)}/${id}`;
