import type { WebClient } from '@slack/web-api';
import { createCache } from '../../jobs/cache.ts';
import type { KeptPicture, SlackWorkspace, UploadOutcome } from '../../jobs/workspace-port.ts';
import { createChannels, createMembership, createSharing } from './channels.ts';
import { outcomeOf, reasonOf } from './post-outcome.ts';
import { createWebClient } from './web-client.ts';

export interface WorkspaceOptions {
  tokenFor(teamId: string): Promise<string>;
  readonly apiUrl?: string;
}

const TIMEOUT_MS = 10_000;
/** An answer doesn't wait longer than this for its links. */
const LINK_TIMEOUT_MS = 3_000;
/** Links never change, and those to the latest cases of a cause are needed repeatedly. */
const LINKS_REMEMBERED = 1000;

export function createSlackWorkspace({ tokenFor, apiUrl }: WorkspaceOptions): SlackWorkspace {
  const client = createWebClient(apiUrl, TIMEOUT_MS);
  const quick = createWebClient(apiUrl, LINK_TIMEOUT_MS);
  const askChannel = createChannels(quick);
  const isMember = createMembership(quick);
  const links = createCache<string>({ maxEntries: LINKS_REMEMBERED });
  let team: string | null = null;
  const isSharedOutside = createSharing(client);
  const uploadFile = createUpload(client, apiUrl);

  const orNull = <Answer>(teamId: string, call: (token: string) => Promise<Answer>) =>
    nullWhenSlackFails(async () => call(await tokenFor(teamId)));

  /** Never sends to a channel where people from other organizations can read. */
  function inChannel<Answer>(
    teamId: string,
    channel: string,
    call: (token: string) => Promise<Answer>,
  ): Promise<Answer | null> {
    return orNull(teamId, async (token) =>
      (await isSharedOutside(token, teamId, channel)) ? null : await call(token),
    );
  }

  return {
    async permalink(teamId, channel, ts) {
      const key = `${teamId}-${channel}-${ts}`;
      const known = links.get(key);
      if (known !== undefined) return known;
      const answer = await orNull(teamId, (token) => quick.chat.getPermalink({ token, channel, message_ts: ts }));
      if (answer?.permalink === undefined) return null;
      links.set(key, answer.permalink);
      return answer.permalink;
    },

    async channel(teamId, channel) {
      return (await orNull(teamId, (token) => askChannel(token, teamId, channel))) ?? { kind: 'unknown' };
    },

    isMember: (teamId, channel, userId) => orNull(teamId, (token) => isMember(token, teamId, channel, userId)),

    async ownTeam() {
      team ??= (await orNull('', (token) => quick.auth.test({ token })))?.team_id ?? null;
      return team;
    },

    async unfurl(teamId, channel, ts, previews) {
      const unfurls = Object.fromEntries(
        Object.entries(previews).map(([url, blocks]) => [url, { blocks: [...blocks] }]),
      );
      const call = (token: string) => client.chat.unfurl({ token, channel, ts, unfurls });
      return (await inChannel(teamId, channel, call)) !== null;
    },

    async upload({ teamId, channel, threadTs }, { name, title, text }) {
      const destination = { channel_id: channel, ...(threadTs === null ? {} : { thread_ts: threadTs }) };
      const file = { name, title, bytes: new TextEncoder().encode(text) };
      const outcome = await inChannel(teamId, channel, (token) => uploadFile(token, file, destination));
      return outcome?.kind === 'uploaded';
    },

    async keepPicture(teamId, picture) {
      try {
        return await uploadFile(await tokenFor(teamId), picture, {});
      } catch (error) {
        const outcome = outcomeOf(error);
        if (outcome === null) throw error;
        return outcome;
      }
    },
  };
}

/** Null for every Slack failure, including a missing token. Any other error is a bug, so it is rethrown. */
async function nullWhenSlackFails<Answer>(call: () => Promise<Answer>): Promise<Answer | null> {
  try {
    return await call();
  } catch (error) {
    if (outcomeOf(error) === null) throw error;
    return null;
  }
}

/** Pictures have a text for people who cannot see them. */
type UploadedFile = Omit<KeptPicture, 'altText'> & Partial<KeptPicture>;

/** Without a channel only the bot sees the file, until one of its messages shows it. */
type Destination = Readonly<{ channel_id?: never }> | Readonly<{ channel_id: string; thread_ts?: string }>;

const SLACK_FILES = 'https://files.slack.com';

/** Three requests: one gets a URL, one sends the bytes, and one completes the upload. Throws what the client throws. */
function createUpload(client: WebClient, apiUrl: string | undefined) {
  const origins = new Set([SLACK_FILES, ...(apiUrl === undefined ? [] : [new URL(apiUrl).origin])]);

  return async (token: string, file: UploadedFile, destination: Destination): Promise<UploadOutcome> => {
    const { name, title, altText, bytes } = file;
    // Slack's documentation uses this name; the types of its client have another one.
    const description = altText === undefined ? {} : { alt_txt: altText };
    const request = { token, filename: name, length: bytes.length, ...description };
    const { upload_url: address = '', file_id: id } = await client.files.getUploadURLExternal(request);
    if (id === undefined || !URL.canParse(address) || !origins.has(new URL(address).origin)) {
      return { kind: 'no-access', error: 'strange_upload_address' };
    }
    const problem = await send(address, bytes);
    if (problem !== null) return { kind: 'uncertain', reason: problem };
    await client.files.completeUploadExternal({ token, files: [{ id, title }], ...destination });
    return { kind: 'uploaded', fileId: id };
  };
}

function send(address: string, bytes: Uint8Array<ArrayBuffer>): Promise<string | null> {
  const request = { method: 'POST', body: bytes, signal: AbortSignal.timeout(TIMEOUT_MS) };
  return fetch(address, request).then((response) => (response.ok ? null : `HTTP status ${response.status}`), reasonOf);
}
