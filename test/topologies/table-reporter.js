/** Says at the end how every topology did in every part of their suite: tests that passed, of how many, in seconds. */
export default class TableReporter {
  /** Jest prints nothing of a file before its end, which here is minutes away. */
  onTestCaseResult(_test, { ancestorTitles, title, status, duration }) {
    console.log(`${status}: ${[...ancestorTitles, title].join(' › ')} (${((duration ?? 0) / 1000).toFixed(1)} s)`);
  }

  onRunComplete(_contexts, { testResults }) {
    const tests = testResults.filter(isOfEvery).flatMap((file) => file.testResults);
    const run = tests.filter(({ ancestorTitles, status }) => ancestorTitles.length > 1 && status !== 'pending');
    const parts = [...new Set(run.map(partOf))];
    const rows = [...Map.groupBy(run, topologyOf)].map(([topology, own]) => [
      topology,
      ...parts.map((part) => cellOf(own.filter((test) => partOf(test) === part))),
      cellOf(own),
    ]);
    if (rows.length > 0) print([['topology', ...parts, 'all'], ...rows]);
    const notRun = tests.filter(({ ancestorTitles }) => ancestorTitles.length === 1);
    for (const line of new Set(notRun.map(({ ancestorTitles: [topology], title }) => `${topology}: ${title}`)))
      console.log(line);
  }
}

const isOfEvery = ({ testFilePath }) => testFilePath.endsWith('every.topology.ts');
const topologyOf = ({ ancestorTitles }) => ancestorTitles[0];
const partOf = ({ ancestorTitles }) => ancestorTitles[1];

function cellOf(tests) {
  if (tests.length === 0) return '';
  const passed = tests.filter(({ status }) => status === 'passed').length;
  const seconds = tests.reduce((sum, { duration }) => sum + (duration ?? 0), 0) / 1000;
  return `${passed === tests.length ? '' : 'FAILED '}${passed}/${tests.length} ${seconds.toFixed(1)} s`;
}

function print(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) => row.map((cell, n) => (n === 0 ? cell.padEnd(widths[n]) : cell.padStart(widths[n]))).join('  ');
  console.log(`\n${rows.map(line).join('\n')}\n`);
}
