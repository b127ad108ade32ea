/**
 * usage: count-tests.mjs REPORT
 * Prints "PASSED FAILED" of a JSON report by Vitest, and on standard error a line for each failure. A skipped test counts as
 * failed, unless it needs ../shared: the gate has Redis, a browser and a font, and a test that is skipped for want of one of
 * them was not run at all.
 */
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const tests = report.testResults.flatMap(({ name, assertionResults }) =>
  assertionResults.map((test) => ({ ...test, file: name.replace(/^.*?\/(?=test\/)/, '') })),
);
const passed = tests.filter(({ status }) => status === 'passed');
const failed = tests.filter(({ status }) => status === 'failed');
const wronglySkipped = tests
  .filter(({ status }) => status !== 'passed' && status !== 'failed')
  .filter(({ title }) => !title.startsWith('needs ../shared/'));
for (const { file, fullName } of failed) process.stderr.write(`FAILED: ${file}: ${fullName}\n`);
for (const { file, fullName } of wronglySkipped) process.stderr.write(`FAILED: skipped: ${file}: ${fullName}\n`);
// A file that could not be loaded has no tests.
const notLoaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
for (const { name } of notLoaded) process.stderr.write(`FAILED: ${name}: could not be loaded\n`);
const count = failed.length + wronglySkipped.length + notLoaded.length;
process.stdout.write(`${passed.length} ${Math.max(count, report.success && tests.length > 0 ? 0 : 1)}\n`);
