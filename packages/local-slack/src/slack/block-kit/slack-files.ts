/** Pictures in blocks that name a file of the workspace. */
import { isList, isObject } from '../json.ts';
import type { SlackFile } from '../state/model.ts';
import type { Problem } from './schema.ts';

/** First bytes of PNG, JPEG and GIF, the kinds that Slack shows in a block. */
const PICTURES = ['89504e470d0a1a0a', 'ffd8ff', '47494638'];

/** Every `slack_file` that cannot be shown, in Slack's words. */
export function filesNotShown(
  value: unknown,
  isShown: (fileId: string) => boolean,
  pointer = '/blocks',
): readonly Problem[] {
  if (isList(value)) return value.flatMap((entry, index) => filesNotShown(entry, isShown, `${pointer}/${index}`));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, entry]) => {
    const at = `${pointer}/${key}`;
    if (key !== 'slack_file' || !isObject(entry)) return filesNotShown(entry, isShown, at);
    return isShown(String(entry['id'])) ? [] : [{ pointer: at, message: 'invalid slack file' }];
  });
}

/** Slack takes a moment after the upload before it knows what kind of file it has got. */
export function isPicture({ bytes, processedAt }: SlackFile, now: number): boolean {
  const start = Buffer.from(bytes.slice(0, 8)).toString('hex');
  return processedAt !== null && processedAt <= now && PICTURES.some((kind) => start.startsWith(kind));
}
