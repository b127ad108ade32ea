/** `diagnose-text.mjs parse|diagnose FILE`: time and peak memory from the text of an answer to its value or its diagnosis. */
import { readFileSync } from 'node:fs';
import { diagnoseText } from './diagnosis.mjs';

const [task, path] = process.argv.slice(2);
const text = readFileSync(path, 'utf8');
const startedMs = performance.now();
const result = task === 'parse' ? JSON.parse(text) : diagnoseText(text);
const tookMs = performance.now() - startedMs;
// Looked at here, so that no engine can throw it away before.
if (result === null) throw new Error('There is no result.');
process.stdout.write(JSON.stringify({ tookMs, peakKilobytes: process.resourceUsage().maxRSS }));
