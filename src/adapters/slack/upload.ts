import type { WebClient } from '@slack/web-api';
import type { UploadOutcome } from '../../jobs/workspace-port.ts';
import { reasonOf } from './post-outcome.ts';

export interface UploadedFile {
  readonly name: string;
  readonly title: string;
  /** For pictures: what people read who do not see them. */
  readonly altText?: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Without a channel nobody but the bot sees the file, until a message of the bot's shows it. */
export type Whereto = Readonly<{ channel_id?: never }> | Readonly<{ channel_id: string; thread_ts?: string }>;

const SLACK_FILES = 'https://files.slack.com';
const TIMEOUT_MS = 10_000;

/** Three requests: for an address, with the bytes, and to say that they are complete. Throws what the client throws. */
export function createUpload(client: WebClient, apiUrl: string | undefined) {
  const origins = new Set([SLACK_FILES, ...(apiUrl === undefined ? [] : [new URL(apiUrl).origin])]);

  return async (token: string, file: UploadedFile, whereto: Whereto): Promise<UploadOutcome> => {
    const { name, title, altText, bytes } = file;
    // The argument is called so in Slack's documentation, and otherwise in the types of its client.
    const description = altText === undefined ? {} : { alt_txt: altText };
    const wish = { token, filename: name, length: bytes.length, ...description };
    const { upload_url: address = '', file_id: id } = await client.files.getUploadURLExternal(wish);
    if (id === undefined || !URL.canParse(address) || !origins.has(new URL(address).origin)) {
      return { kind: 'no-access', error: 'strange_upload_address' };
    }
    const problem = await send(address, bytes);
    if (problem !== null) return { kind: 'uncertain', reason: problem };
    await client.files.completeUploadExternal({ token, files: [{ id, title }], ...whereto });
    return { kind: 'uploaded', fileId: id };
  };
}

/** Null when the bytes have arrived. */
function send(address: string, bytes: Uint8Array<ArrayBuffer>): Promise<string | null> {
  const request = { method: 'POST', body: bytes, signal: AbortSignal.timeout(TIMEOUT_MS) };
  return fetch(address, request).then((response) => (response.ok ? null : `HTTP status ${response.status}`), reasonOf);
}
