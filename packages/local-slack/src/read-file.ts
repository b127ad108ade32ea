import { readFile } from 'node:fs/promises';

/** Reads a text file, or what the caller makes of it; rejects when it is not there. */
export type ReadFile = (path: string) => Promise<string>;

export const readText: ReadFile = (path) => readFile(path, 'utf8');
