import { type FakeSlack, startFakeSlack } from '@ktrdr-bot/local-slack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from './web-api.ts';

const x = (length: number) => 'x'.repeat(length);
const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => make(index));
const plain = (text: string) => ({ type: 'plain_text', text });
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text });
const section = (more: object = {}) => ({ type: 'section', text: mrkdwn('a'), ...more });
const button = (more: object = {}) => ({ type: 'button', text: plain('Go'), ...more });
const actions = (...elements: object[]) => ({ type: 'actions', elements });
const option = (more: object = {}) => ({ text: plain('One'), value: '1', ...more });
const menu = (...options: object[]) => actions({ type: 'overflow', options });
const rich = (...elements: object[]) => ({ type: 'rich_text', elements });
const preformatted = (text: string) => rich({ type: 'rich_text_preformatted', elements: [{ type: 'text', text }] });
const image = (more: object) => ({ type: 'image', alt_text: 'a', ...more });
const cell = { type: 'raw_text', text: 'a' };
const table = (rows: readonly object[][]) => ({ type: 'table', rows });
const IMAGE_URL = 'https://images.example/a.png';

let slack: FakeSlack;
beforeAll(async () => {
  slack = await startFakeSlack();
});
afterAll(() => slack.close());

function post(blocks: readonly object[], more: object = {}) {
  return call(slack, 'chat.postMessage', { channel: 'C0OPS', text: 'fallback', blocks, ...more });
}

describe('blocks at the limit are taken', () => {
  it.each<[string, object[]]>([
    ['50 blocks', times(50, () => ({ type: 'divider' }))],
    ['section text of 3000', [section({ text: mrkdwn(x(3000)) })]],
    ['4 full fields', [{ type: 'section', fields: times(4, () => mrkdwn(x(2000))) }]],
    ['10 fields', [{ type: 'section', fields: times(10, () => mrkdwn('a')) }]],
    ['header of 150 characters beyond the basic plane', [{ type: 'header', text: plain('🔴'.repeat(150)) }]],
    ['10 context elements', [{ type: 'context', elements: times(10, () => mrkdwn('a')) }]],
    ['25 buttons', [actions(...times(25, () => button()))]],
    ['button text of 75, value of 2000', [actions(button({ text: plain(x(75)), value: x(2000) }))]],
    ['button with a URL and a port', [actions(button({ url: 'https://jaeger.example:8443/trace/1?a=%3C' }))]],
    ['5 menu entries, one a link', [menu(...times(4, () => option()), option({ url: 'https://a.example' }))]],
    ['preformatted text of 9000', [preformatted(x(9000))]],
    ['table of 100 rows', [table(times(100, () => [cell, cell]))]],
    ['table with numbers', [table([[{ type: 'raw_number', value: 3, text: '3' }]])]],
    ['image', [image({ image_url: IMAGE_URL })]],
  ])('%s', async (_, blocks) => {
    expect(await post(blocks)).toMatchObject({ error: '', messages: [] });
  });
});

describe('blocks over the limit are refused with a pointer', () => {
  it.each<[string, object[], string]>([
    ['51 blocks', times(51, () => ({ type: 'divider' })), 'no more than 50 items allowed [json-pointer:/blocks]'],
    ['unknown type', [{ type: 'fancy' }], 'unsupported type: fancy [json-pointer:/blocks/0/type]'],
    ['alert', [{ type: 'alert', text: plain('a') }], 'unsupported type: alert [json-pointer:/blocks/0/type]'],
    ['no type', [{}], 'missing required field: type [json-pointer:/blocks/0]'],
    ['unknown property', [section({ colour: 'red' })], 'invalid additional property: colour [json-pointer:/blocks/0]'],
    ['empty section', [{ type: 'section' }], 'missing required field: text or fields [json-pointer:/blocks/0]'],
    [
      'empty text',
      [section({ text: mrkdwn('') })],
      'must be more than 0 characters [json-pointer:/blocks/0/text/text]',
    ],
    [
      'long text',
      [section({ text: mrkdwn(x(3001)) })],
      'must be less than 3001 characters [json-pointer:/blocks/0/text/text]',
    ],
    [
      'long field',
      [{ type: 'section', fields: [mrkdwn('a'), mrkdwn(x(2001))] }],
      'must be less than 2001 characters [json-pointer:/blocks/0/fields/1/text]',
    ],
    [
      '11 fields',
      [{ type: 'section', fields: times(11, () => mrkdwn('a')) }],
      'no more than 10 items allowed [json-pointer:/blocks/0/fields]',
    ],
    [
      'header in mrkdwn',
      [{ type: 'header', text: mrkdwn('a') }],
      'unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]',
    ],
    [
      'long header',
      [{ type: 'header', text: plain(x(151)) }],
      'must be less than 151 characters [json-pointer:/blocks/0/text/text]',
    ],
    [
      '11 context elements',
      [{ type: 'context', elements: times(11, () => mrkdwn('a')) }],
      'no more than 10 items allowed [json-pointer:/blocks/0/elements]',
    ],
    [
      '26 buttons',
      [actions(...times(26, () => button()))],
      'no more than 25 items allowed [json-pointer:/blocks/0/elements]',
    ],
    [
      'long button',
      [actions(button({ text: plain(x(76)) }))],
      'must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]',
    ],
    [
      'long value',
      [actions(button({ value: x(2001) }))],
      'must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]',
    ],
    [
      'long action_id',
      [actions(button({ action_id: x(256) }))],
      'must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]',
    ],
    [
      'URL without scheme',
      [actions(button({ url: 'jaeger:16686' }))],
      'invalid URL [json-pointer:/blocks/0/elements/0/url]',
    ],
    [
      'javascript URL',
      [actions(button({ url: 'javascript:x' }))],
      'invalid URL [json-pointer:/blocks/0/elements/0/url]',
    ],
    [
      'URL with a blank',
      [actions(button({ url: 'https://a b' }))],
      'invalid URL [json-pointer:/blocks/0/elements/0/url]',
    ],
    [
      'style',
      [actions(button({ style: 'default' }))],
      'must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]',
    ],
    [
      '6 menu entries',
      [menu(...times(6, () => option()))],
      'no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]',
    ],
    [
      'repeated action_id',
      [actions(button({ action_id: 'a' })), actions(button({ action_id: 'a' }))],
      '`action_id` already exists [json-pointer:/blocks/1/elements/0/action_id]',
    ],
    [
      'repeated block_id',
      [section({ block_id: 'a' }), section({ block_id: 'a' })],
      '`block_id` already exists [json-pointer:/blocks/1/block_id]',
    ],
    [
      'empty rich text',
      [preformatted('')],
      'must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]',
    ],
    ['rich text without parts', [rich()], 'no fewer than 1 items allowed [json-pointer:/blocks/0/elements]'],
    [
      'image without alt text',
      [{ type: 'image', image_url: IMAGE_URL }],
      'missing required field: alt_text [json-pointer:/blocks/0]',
    ],
    [
      'image with two sources',
      [image({ image_url: IMAGE_URL, slack_file: { id: 'F1' } })],
      'must have exactly one of: image_url, slack_file [json-pointer:/blocks/0]',
    ],
    ['101 rows', [table(times(101, () => [cell]))], 'no more than 100 items allowed [json-pointer:/blocks/0/rows]'],
    [
      'ragged table',
      [table([[cell], [cell, cell]])],
      'all rows must have the same number of cells [json-pointer:/blocks/0/rows]',
    ],
    [
      'markdown in total',
      [
        { type: 'markdown', text: x(6001) },
        { type: 'markdown', text: x(6001) },
      ],
      'markdown text must be less than 12001 characters in total [json-pointer:/blocks]',
    ],
  ])('%s', async (_, blocks, message) => {
    const answer = await post(blocks);
    expect(answer.error).toBe('invalid_blocks');
    expect(answer.messages).toContain(`[ERROR] ${message}`);
  });

  it('takes one table only', async () => {
    const answer = await post([table([[cell]]), table([[cell]])]);
    expect(answer).toMatchObject({ error: 'invalid_attachments', messages: ['[ERROR] only_one_table_allowed'] });
  });

  it('counts the text of all blocks together', async () => {
    const long = times(4, () => section({ text: mrkdwn(x(2900)) }));
    expect((await post(long)).error).toBe('msg_blocks_too_long');
    expect((await post(long.slice(1))).error).toBe('');
  });

  it('counts the JSON of all blocks together', async () => {
    const many = times(50, () => ({ type: 'context', elements: times(9, () => mrkdwn('a')) }));
    expect((await post(many)).error).toBe('msg_blocks_too_long');
  });

  it.each([['{"type":"section"}'], ['[{'], ['"text"']])('takes no blocks like %s', async (blocks) => {
    expect((await call(slack, 'chat.postMessage', { channel: 'C0OPS', text: 'a', blocks })).error).toBe(
      'invalid_blocks_format',
    );
  });

  it('says where blocks inside attachments are wrong', async () => {
    const attachments = [{ color: '#f00', blocks: [section({ text: mrkdwn('') })] }];
    const answer = await post([], { attachments });
    expect(answer.error).toBe('invalid_attachments');
    expect(answer.messages[0]).toContain('/attachments/0/blocks/0/text/text');
  });
});
