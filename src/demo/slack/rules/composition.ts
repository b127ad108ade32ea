/** Text, options and the other small objects that blocks and elements are made of. */
import { boolean, list, number, object, oneOf, type Shape, string, variant } from './shape.ts';

export function plainText(max: number): Shape {
  return variant({ plain_text: object({ text: string({ max }) }, { emoji: boolean() }) });
}

export function anyText(max: number): Shape {
  return variant({
    plain_text: object({ text: string({ max }) }, { emoji: boolean() }),
    mrkdwn: object({ text: string({ max }) }, { verbatim: boolean() }),
  });
}

/** A full http or https URL; `host:port` alone, a blank or another scheme is refused. */
export function httpUrl(): Shape {
  const length = string({ max: 3000 });
  return (value, pointer) => {
    const problems = length(value, pointer);
    if (problems.length > 0) return problems;
    return isHttpUrl(String(value)) ? [] : [{ pointer, message: 'invalid URL' }];
  };
}

export function isHttpUrl(text: string): boolean {
  return /^https?:\/\/[^\s<>|]+$/i.test(text) && URL.canParse(text);
}

export function option({ withUrl = false } = {}): Shape {
  return object(
    { text: anyText(75), value: string({ max: 150 }) },
    { description: anyText(75), ...(withUrl ? { url: httpUrl() } : {}) },
  );
}

export const options = list(option(), { max: 100 });

export const optionGroups = list(object({ label: plainText(75), options }), { max: 100 });

export const confirm = object(
  { text: anyText(300) },
  { title: plainText(100), confirm: plainText(30), deny: plainText(30), style: oneOf('primary', 'danger') },
);

export const id = string({ max: 255 });

/** Pixel counts and positions that Slack may ignore but does not refuse. */
export const natural = number({ min: 0, max: Number.MAX_SAFE_INTEGER });

/** An image says where it comes from exactly once. */
export function imageSource(value: Readonly<Record<string, unknown>>, pointer: string) {
  const sources = ['image_url', 'slack_file'].filter((key) => value[key] !== undefined);
  return sources.length === 1 ? [] : [{ pointer, message: 'must have exactly one of: image_url, slack_file' }];
}

export const imageSourceShapes = {
  image_url: httpUrl(),
  slack_file: object({}, { id: string({ max: 255 }), url: httpUrl() }, (value, pointer) =>
    ['id', 'url'].filter((key) => value[key] !== undefined).length === 1
      ? []
      : [{ pointer, message: 'must have exactly one of: id, url' }],
  ),
};
