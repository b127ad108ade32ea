/**
 * usage: count-tests.mjs REPORT
 * Prints "PASSED FAILED" of a JSON report by Vitest. A skipped test counts as failed, unless it needs ../shared: the gate has
 * Redis, a browser and a font, and a test that is skipped for want of one of them was not run at all.
 */
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
const passed = tests.filter(({ status }) => status === 'passed').length;
const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');
const wronglySkipped = skipped.filter(({ title }) => !title.startsWith('needs ../shared/'));
for (const { fullName } of wronglySkipped) process.stderr.write(`FAILED: skipped: ${fullName}\n`);
// A file that could not be loaded has no tests.
const failed = Math.max(report.numFailedTests, report.success && tests.length > 0 ? 0 : 1) + wronglySkipped.length;
process.stdout.write(`${passed} ${failed}\n`);
