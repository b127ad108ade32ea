/** What Slack checks in the content of a message, with Slack's own error strings. */
import { z } from 'zod';
import { isList, isObject, type JsonObject, objectsOf, parseJson, stringOf } from '../json.ts';
import type { Content, Metadata } from '../state/model.ts';
import { checkBlocks, countBlocks } from './blocks.ts';
import { sentence } from './schema.ts';
import { filesNotShown } from './slack-files.ts';

export interface Refusal {
  readonly error: string;
  /** Slack's sentences with JSON pointers, for `response_metadata.messages`. */
  readonly messages: readonly string[];
}

export type Reading<T> =
  | { readonly kind: 'ok'; readonly value: T; readonly warnings: readonly string[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Longest `text` that Slack keeps; the rest is cut off. */
const MAX_TEXT = 40_000;
/** Above this Slack may split the text into several messages. */
const SPLIT_TEXT = 4_000;
/** Undocumented; messages were refused at 11,341 characters of text, and at 13,200 of JSON. */
const MAX_TOTAL_TEXT = 11_300;
const MAX_TOTAL_JSON = 13_200;
const MAX_METADATA_JSON = 8_000;

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const flat = z.record(z.string(), scalar);

/** Neither null nor a list of strings may be a value of the payload. */
const metadataSchema = z.object({
  event_type: z.string().regex(/^[A-Za-z0-9_]+$/),
  event_payload: z.record(z.string(), z.union([scalar, flat, z.array(flat)])),
});

export interface ContentLimits {
  /** `chat.update` refuses longer texts; other methods cut them. */
  readonly refuseTextAbove?: number;
  /** A `response_url` takes blocks of any total size. */
  readonly totalSize?: 'limited' | 'free';
  /** Which files of the workspace its blocks may show; default none, as where Slack does not know who posts. */
  readonly isShown?: (fileId: string) => boolean;
}

export function readContent(args: JsonObject, limits: ContentLimits = {}): Reading<Content> {
  const blocks = listArgument(args['blocks']);
  const attachments = listArgument(args['attachments']);
  if (blocks === null) return refused('invalid_blocks_format');
  if (attachments === null) return refused('invalid_attachments');
  const markdown = stringOf(args['markdown_text']);
  const text = stringOf(args['text']) || markdown;
  if (markdown !== '' && (args['text'] !== undefined || args['blocks'] !== undefined)) {
    return refused('markdown_text_conflict');
  }
  if (markdown.length > 12_000) return refused('msg_too_long');
  if (text.trim() === '' && blocks.length === 0 && attachments.length === 0) return refused('no_text');
  if (attachments.length > 100) return refused('too_many_attachments');
  if (text.length > (limits.refuseTextAbove ?? Number.POSITIVE_INFINITY)) return refused('msg_too_long');

  const inAttachments = objectsOf(attachments).flatMap((entry) => objectsOf(entry['blocks']));
  if (countBlocks([...objectsOf(blocks), ...inAttachments], 'table') > 1) {
    return refused('invalid_attachments', ['[ERROR] only_one_table_allowed']);
  }
  const isShown = limits.isShown ?? (() => false);
  const problems = [...checkBlocks(blocks, 'message'), ...filesNotShown(blocks, isShown)];
  if (problems.length > 0) return refused('invalid_blocks', problems.map(sentence));
  const attached = attachments.flatMap((entry, index) =>
    isObject(entry) && isList(entry['blocks'])
      ? checkBlocks(entry['blocks'], 'message', `/attachments/${index}/blocks`)
      : [],
  );
  if (attached.length > 0) return refused('invalid_attachments', attached.map(sentence));
  if (limits.totalSize !== 'free' && isTooLong(blocks)) return refused('msg_blocks_too_long');

  return {
    kind: 'ok',
    value: { text: text.slice(0, MAX_TEXT), blocks: objectsOf(blocks), attachments: objectsOf(attachments) },
    warnings: warningsAbout(text, blocks.length),
  };
}

/** Null when the argument is absent; Slack keeps the earlier metadata then. */
export function readMetadata(argument: unknown): Reading<Metadata | null> {
  if (argument === undefined || argument === '') return { kind: 'ok', value: null, warnings: [] };
  const metadata = typeof argument === 'string' ? parseJson(argument) : argument;
  if (!isObject(metadata)) return refused('invalid_metadata_format');
  const { data } = metadataSchema.safeParse(metadata);
  if (data === undefined) return refused('invalid_metadata_schema');
  if (JSON.stringify(metadata).length > MAX_METADATA_JSON) return refused('metadata_too_large');
  return { kind: 'ok', value: data, warnings: [] };
}

/** All characters that a reader sees in the blocks. */
export function textLength(value: unknown): number {
  if (isList(value)) return value.reduce<number>((sum, entry) => sum + textLength(entry), 0);
  if (!isObject(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [key, entry]) => sum + (key === 'text' && typeof entry === 'string' ? entry.length : textLength(entry)),
    0,
  );
}

function isTooLong(blocks: readonly unknown[]): boolean {
  return textLength(blocks) > MAX_TOTAL_TEXT || JSON.stringify(blocks).length > MAX_TOTAL_JSON;
}

function warningsAbout(text: string, blockCount: number): readonly string[] {
  return [
    ...(text.trim() === '' && blockCount > 0 ? ['missing_text_in_message'] : []),
    ...(text.length > MAX_TEXT ? ['message_truncated'] : text.length > SPLIT_TEXT ? ['message_may_be_split'] : []),
  ];
}

/** Form bodies carry lists as JSON text. Null when it is not a list. */
function listArgument(argument: unknown): readonly unknown[] | null {
  if (argument === undefined || argument === '') return [];
  const value = typeof argument === 'string' ? parseJson(argument) : argument;
  return isList(value) ? value : null;
}

export function refused(error: string, messages: readonly string[] = []): { kind: 'refused'; refusal: Refusal } {
  return { kind: 'refused', refusal: { error, messages } };
}
