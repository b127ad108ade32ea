/** How tests start the program from its sources, in an empty folder: it reads `.env` where it is started. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
export const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
export const EMPTY_FOLDER = mkdtempSync(join(tmpdir(), 'ktrdr-bot-test-'));
process.on('exit', () => rmSync(EMPTY_FOLDER, { recursive: true, force: true }));
