import { API } from '../../start';

/** One artifact of every type, for whoever wants to see what they look like. */
export const EXAMPLES = [
  {
    key: 'example-report',
    type: 'markdown',
    description: 'A report in Markdown',
    data: '# Sales report\n\nRevenue of **$1,000,000**, 12% more than last week.\n\n| city | revenue |\n| --- | --- |\n| Oslo | $600,000 |\n| Rome | $400,000 |\n',
  },
  {
    key: 'example-table',
    type: 'table',
    description: 'A table, as a list of objects',
    data: JSON.stringify([
      { id: 1, city: 'Oslo', score: 0.52 },
      { id: 2, city: 'Rome', score: 0.31 },
      { id: 3, city: 'Lima', score: null },
    ]),
  },
  {
    key: 'example-link',
    type: 'markdown',
    description: 'A link',
    data: '[low predictions](https://example.com/reports/low_predictions.csv)',
  },
  { key: 'example-progress', type: 'progress', description: 'How far something has come', data: 61.0 },
  {
    key: 'example-image',
    type: 'image',
    description: 'A picture',
    data: 'data:image/svg+xml;base64,' + btoa(picture()),
  },
];

function picture(): string {
  const bars = [9, 14, 11, 20, 26].map(
    (height, index) => `<rect x="${6 + index * 14}" y="${34 - height}" width="9" height="${height}" rx="2"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40" fill="#3b5bdb"><rect width="80" height="40" fill="#eaefff"/>${bars.join('')}</svg>`;
}

/** The five calls of Prefect's SDK, for this server. */
export const CALLS = `# export PREFECT_API_URL=${location.origin}${API}
from prefect.artifacts import (
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
)

create_markdown_artifact("# 1,200 rows, no errors", key="daily-report")
create_table_artifact([{"id": 1, "city": "Oslo"}], key="cities")
create_link_artifact("https://example.com/data.csv", key="export")
create_progress_artifact(61.0, key="load")
create_image_artifact("https://example.com/chart.png", key="chart")
`;
