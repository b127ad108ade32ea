/** A trace file that was opened, dropped or pasted on the page. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerJson, readBytes } from '../slack/web-api/body.ts';
import type { BotStart } from './bot-start.ts';

/** Gives the messages that ask about the file, the likeliest first, or a sentence on what is wrong with it. */
export type TakeTrace = (
  bytes: Uint8Array,
) => Promise<{ readonly commands: readonly string[] } | { readonly sentence: string }>;

export const MOST_TRACE_MB = 20;
const MEBIBYTE = 1024 * 1024;

interface Taking {
  readonly bot: BotStart;
  readonly takeTrace: TakeTrace | undefined;
}

export async function answerTrace(
  request: IncomingMessage,
  response: ServerResponse,
  { bot, takeTrace }: Taking,
): Promise<void> {
  const refuse = (status: number, sentence: string) => answerJson(response, status, { sentence });
  // A page elsewhere cannot send this type without being asked first.
  const isFile = request.headers['content-type'] === 'application/octet-stream';
  if (!isFile || takeTrace === undefined) return refuse(400, 'Expected a file.');
  const bytes = await readBytes(request, MOST_TRACE_MB * MEBIBYTE);
  if (bytes === null) return refuse(413, `The file is larger than ${MOST_TRACE_MB} MB.`);
  const start = await bot.settled();
  if (start.state === 'failed') return refuse(422, `The bot did not start: ${start.reason}`);
  const taken = await takeTrace(bytes);
  answerJson(response, 'sentence' in taken ? 422 : 200, taken);
}
