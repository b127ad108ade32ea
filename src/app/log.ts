/** The log of the process. Logged errors contain no user text, no arguments of commands, and no secrets. */

import { type DestinationStream, type Logger, pino } from 'pino';
import { cleanText } from '../diagnosis/clean.ts';
import { cleanCopy } from '../formatters/clean.ts';
import { escapeUnseen } from '../language/unseen.ts';

/** `extra` comes from the operator's `REDACT`. */
export function createLog(level: string, destination: DestinationStream, extra: readonly RegExp[] = []): Logger {
  const cleaned = (value: unknown) => (value instanceof Error ? value : cleanCopy(value, extra));
  return pino(
    {
      level,
      serializers: { err: (error: unknown) => cleanCopy(describeError(error), extra) },
      formatters: {
        log: (fields) => Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, cleaned(value)])),
      },
      hooks: {
        logMethod(parameters, method) {
          const safe = parameters.map((part: unknown) => (typeof part === 'string' ? cleanText(part, extra) : part));
          method.apply(this, safe as typeof parameters);
        },
        streamWrite: escapeUnseen,
      },
    },
    destination,
  );
}

const MOST_CHARACTERS = 500;
const MOST_FRAMES = 12;
const MOST_CAUSES = 3;
const FRAME = /^ {4}at /;
/** Redis and Slack URLs contain secrets, in the user part or in the path. */
const ADDRESS = /\b([a-z]{2,10}:\/\/)[^\s"'<>]+/g;
const TOKEN = /\bxox[a-z]-[\w-]+/g;
const QUOTED = /"[^"]*"/g;

interface Described {
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
  readonly cause?: Described;
}

/**
 * Copies only the fields named here, because client errors contain more: Redis errors have the command with all its arguments,
 * including the `response_url` and the request; PostgreSQL errors have the row; Slack errors have the request.
 */
function describeError(error: unknown, depth = 0): Described {
  if (!(error instanceof Error)) return { type: typeof error, message: shortened(String(error)) };
  const frames = (error.stack ?? '').split('\n').filter((line) => FRAME.test(line));
  const hasCause = error.cause !== undefined && depth < MOST_CAUSES;
  return {
    type: error.constructor.name || error.name,
    message: shortened(quotesValues(error) ? error.message.replace(QUOTED, '"…"') : error.message),
    ...('code' in error && (typeof error.code === 'string' || typeof error.code === 'number')
      ? { code: shortened(String(error.code)) }
      : {}),
    stack: frames.slice(0, MOST_FRAMES).join('\n'),
    ...(hasCause ? { cause: describeError(error.cause, depth + 1) } : {}),
  };
}

/** `JSON.parse` quotes the text that it couldn't parse, and PostgreSQL the value that it rejected. */
function quotesValues(error: Error): boolean {
  return error instanceof SyntaxError || 'severity' in error;
}

function shortened(message: string): string {
  const [line = ''] = message.split('\n', 1);
  const safe = line
    .slice(0, 4 * MOST_CHARACTERS)
    .replace(ADDRESS, '$1…')
    .replace(TOKEN, 'xox…');
  return safe.length <= MOST_CHARACTERS ? safe : `${safe.slice(0, MOST_CHARACTERS)}…`;
}
