/** Text, options and the other small objects that blocks and elements are made of. */
import { z } from 'zod';
import { exactlyOne, list, number, object, text, variant } from './schema.ts';

export function plainText(max: number) {
  return variant({ plain_text: plainTextObject(max) });
}

export function plainTextObject(max: number) {
  return object({ text: text({ max }) }, { emoji: z.boolean() });
}

export function mrkdwnObject(max: number) {
  return object({ text: text({ max }) }, { verbatim: z.boolean() });
}

export function anyText(max: number) {
  return variant({ plain_text: plainTextObject(max), mrkdwn: mrkdwnObject(max) });
}

/** A full http or https URL; `host:port` alone, a blank or another scheme is refused. */
export const httpUrl = text({ max: 3000 }).refine(isHttpUrl, 'invalid URL');

function isHttpUrl(url: string): boolean {
  return /^https?:\/\/[^\s<>|]+$/i.test(url) && URL.canParse(url);
}

export const option = object({ text: anyText(75), value: text({ max: 150 }) }, { description: anyText(75) });

export const optionWithUrl = option.extend({ url: httpUrl.optional() });

export const options = list(option, { max: 100 });

export const optionGroups = list(object({ label: plainText(75), options }), { max: 100 });

export const buttonStyle = z.literal(['primary', 'danger']);

export const confirm = object(
  { text: anyText(300) },
  { title: plainText(100), confirm: plainText(30), deny: plainText(30), style: buttonStyle },
);

export const id = text({ max: 255 });

/** Pixel counts and positions that Slack may ignore but does not refuse. */
export const natural = number(0, Number.MAX_SAFE_INTEGER);

/** An image from the web, or one of the workspace's own files. */
export const imageSource = {
  image_url: httpUrl,
  slack_file: object({}, { id, url: httpUrl }).refine(...exactlyOne('id', 'url')),
};

export const fromOneSource = exactlyOne('image_url', 'slack_file');
