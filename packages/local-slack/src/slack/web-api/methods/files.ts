import { readContent } from '../../block-kit/message-content.ts';
import { isList, isObject, type JsonObject, parseJson, stringOf } from '../../json.ts';
import type { SlackFile } from '../../state/model.ts';
import { fileObject } from '../../state/objects.ts';
import type { Store } from '../../state/store.ts';
import {
  type Call,
  fail,
  type Method,
  missing,
  ok,
  postingChannel,
  putNewMessage,
  refuse,
  threadParent,
} from '../method.ts';

export const fileMethods: Readonly<Record<string, Method>> = {
  'files.getUploadURLExternal': { scope: 'files:write', run: getUploadUrl },
  'files.completeUploadExternal': { scope: 'files:write', run: completeUpload },
};

/** The file exists from here on, empty until its bytes arrive at the upload address. */
function getUploadUrl(call: Call): JsonObject {
  const name = stringOf(call.args['filename']);
  const length = Number(call.args['length']);
  if (name === '') return missing('filename');
  if (!Number.isInteger(length) || length <= 0) return fail('missing_argument');
  const altText = stringOf(call.args['alt_txt']);
  if (altText.length > 1000) return fail('alt_txt_too_large');
  const id = call.store.nextId('F');
  const bytes = new Uint8Array();
  call.store.files.set(id, { id, teamId: call.team.id, name, title: name, altText, bytes, processedAt: null });
  return ok({ upload_url: `${call.origin}/upload/${id}?length=${length}`, file_id: id });
}

function completeUpload(call: Call): JsonObject {
  const { args, store } = call;
  const listed = typeof args['files'] === 'string' ? parseJson(args['files']) : args['files'];
  if (!isList(listed) || listed.length === 0) return missing('files');
  const files = listed.map((entry) => (isObject(entry) ? uploaded(call, entry) : null));
  if (!files.every((file) => file !== null)) return fail('file_not_found');
  const refused = share(call, files);
  if (refused !== null) return refused;
  const processedAt = store.now() + call.fileProcessingMs;
  for (const file of files) store.files.set(file.id, { ...file, processedAt });
  return ok({ files: files.map((file) => fileObject(file)) });
}

/** The file's bytes, sent once to the address that `getUploadURLExternal` gave. */
export function receiveUpload(store: Store, address: URL, bytes: Uint8Array): { status: number; body: JsonObject } {
  const file = store.files.get(address.pathname.split('/').at(-1) ?? '');
  if (file === undefined || file.bytes.length > 0) return { status: 404, body: fail('file_not_found') };
  if (bytes.length !== Number(address.searchParams.get('length'))) return { status: 400, body: fail('invalid_length') };
  store.files.set(file.id, { ...file, bytes });
  return { status: 200, body: ok() };
}

/** Null when nothing prevents it; without a channel the file stays private. */
function share(call: Call, files: readonly SlackFile[]): JsonObject | null {
  const { args, store, team } = call;
  const id = stringOf(args['channel_id']);
  if (id === '') return null;
  const channel = postingChannel(call, id);
  if ('error' in channel) return fail(channel.error);
  const threadTs = stringOf(args['thread_ts']) || null;
  if (threadTs !== null && threadParent(store, channel.id, threadTs) === null) return fail('cannot_reply_to_message');
  const content = readContent({ text: stringOf(args['initial_comment']) || ' file ', blocks: args['blocks'] });
  if (content.kind === 'refused') return refuse(content.refusal);
  putNewMessage(store, {
    channel: channel.id,
    user: team.botUserId,
    botId: team.botId,
    content: { ...content.value, text: stringOf(args['initial_comment']) },
    threadTs,
    files,
    subtype: 'file_share',
  });
  return null;
}

function uploaded(call: Call, entry: JsonObject): SlackFile | null {
  const file = call.store.files.get(stringOf(entry['id']));
  const isOpen = file?.teamId === call.team.id && file.bytes.length > 0 && file.processedAt === null;
  if (file === undefined || !isOpen) return null;
  return { ...file, title: stringOf(entry['title']) || file.name };
}
