import { startFakeSlack } from '@ktrdr-bot/local-slack';
import type { KnownBlock } from '@slack/types';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/formatters/message.ts';
import { actionIds, lintMessage } from '../support/message-linter.ts';
import { call } from './web-api.ts';

const options = { hosts: ['jaeger.example:8443'], knownActions: ['run_again', 'more', 'open_trace'] };

const good: Message = {
  text: 'FAILED: `op_1` found no worker. Next: start one. <https://jaeger.example:8443/trace/1?a=1&amp;b=2|Open> &lt;b&gt;',
  blocks: [
    { type: 'header', text: { type: 'plain_text', text: 'No worker', emoji: false } },
    { type: 'section', text: { type: 'mrkdwn', text: '*Root cause:* `a_b*c` asked by <@U1> &amp; others' } },
    {
      type: 'actions',
      elements: [
        { type: 'button', action_id: 'run_again', text: { type: 'plain_text', text: 'Check again' } },
        {
          type: 'button',
          action_id: 'open_trace',
          text: { type: 'plain_text', text: 'Open trace' },
          url: 'https://jaeger.example:8443/trace/1',
        },
      ],
    },
    {
      type: 'rich_text',
      elements: [
        { type: 'rich_text_preformatted', elements: [{ type: 'text', text: 'docker compose up -d && echo <x>' }] },
      ],
    },
    {
      type: 'context',
      elements: [{ type: 'mrkdwn', text: '<!date^1767938400^{date_short_pretty} {time}|2026-01-09 06:00 UTC>' }],
    },
  ],
};

const withText = (text: string): Message => ({ ...good, text });
const withMrkdwn = (text: string): Message => ({
  ...good,
  blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }],
});
const withLiteral = (text: string): Message => ({
  ...good,
  blocks: [{ type: 'rich_text', elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text }] }] }],
});
const withBlocks = (blocks: KnownBlock[]): Message => ({ ...good, blocks });
const withButton = (more: object): Message =>
  withBlocks([
    {
      type: 'actions',
      elements: [{ type: 'button', action_id: 'run_again', text: { type: 'plain_text', text: 'Go' }, ...more }],
    },
  ]);

describe('a message', () => {
  it('that keeps the rules passes, here and at Slack', async () => {
    expect(lintMessage(good, { ...options, hostileInputs: ['a_b*c', '<!channel>', 'docker'] })).toEqual([]);
    expect([...actionIds([good])]).toEqual(['run_again', 'open_trace']);
    const slack = await startFakeSlack();
    expect((await call(slack, 'chat.postMessage', { channel: 'C0OPS', ...good })).error).toBe('');
    await slack.close();
  });

  it.each<[string, Message, RegExp]>([
    ['no text', withText(' '), /no text/],
    ['a long text', withText('x'.repeat(3501)), /3501 characters/],
    ['a raw angle bracket', withText('a < b'), /raw "<"/],
    ['a raw ampersand', withText('a && b'), /raw "&"/],
    ['a cut entity', withMrkdwn('a &am'), /raw "&"/],
    ['an unpaired back-tick', withMrkdwn('`a` `b'), /do not pair/],
    ['a ping', withMrkdwn('<!channel> look'), /<!channel> is not allowed/],
    ['a group ping', withMrkdwn('<!subteam^S1> look'), /is not allowed/],
    ['a foreign link', withMrkdwn('<https://evil.example|Jaeger>'), /unknown host/],
    ['another port', withMrkdwn('<https://jaeger.example|Jaeger>'), /unknown host/],
    ['a strange scheme', withMrkdwn('<javascript:alert(1)|Jaeger>'), /is not allowed/],
    [
      'a broadcast',
      withBlocks([
        {
          type: 'rich_text',
          elements: [{ type: 'rich_text_section', elements: [{ type: 'broadcast', range: 'here' }] }],
        },
      ]),
      /pings people/,
    ],
    ['double escaping', withLiteral('a &lt;b&gt;'), /literal text is escaped/],
    ['NUL', withLiteral('a\u0000b'), /U\+0000/],
    ['an override', withLiteral('a\u202eb'), /U\+202e/],
    ['half a character', withLiteral('a\ud83d'), /U\+d83d/],
    ['a token', withLiteral('xoxb-1234567890-abcdef'), /secret/],
    ['a password', withLiteral('postgresql://ktrdr:hunter22@db/ktrdr'), /secret/],
    ['an unknown action', withButton({ action_id: 'explode' }), /Nothing listens to the action_id "explode"/],
    ['a long button', withButton({ text: { type: 'plain_text', text: 'x'.repeat(31) } }), /cut off/],
    ['a button to elsewhere', withButton({ url: 'https://evil.example' }), /unknown host/],
    ['46 blocks', withBlocks(Array<KnownBlock>(46).fill({ type: 'divider' })), /46 blocks/],
    ['an exotic block', withBlocks([{ type: 'markdown', text: 'a' }]), /not one of the core types/],
    ['too long a block', withMrkdwn('x'.repeat(3001)), /less than 3001/],
    ['too much text', withLiteral('x'.repeat(9001)), /9001 characters of text/],
    [
      'a value that JSON loses',
      { ...good, blocks: [Object.assign<KnownBlock, object>({ type: 'divider' }, { block_id: undefined })] },
      /changes when it is sent/,
    ],
  ])('with %s is told so', (_, message, reportedError) => {
    expect(lintMessage(message, options).join('\n')).toMatch(reportedError);
  });

  it.each([
    ['<!here>', '<!here>'],
    ['<@U777>', 'by <@U777>'],
    ['<https://jaeger.example:8443|x>', 'see <https://jaeger.example:8443|x>'],
    ['a *bold* claim', 'it says a *bold* claim'],
    ['_a_ & b', '_a_ &amp; b'],
  ])('that lets %s through is told so', (input, text) => {
    expect(lintMessage(withMrkdwn(text), { ...options, hostileInputs: [input] })).not.toEqual([]);
  });

  it('passes with any text in a preformatted block', () => {
    const printable = fc
      .string({ minLength: 1, maxLength: 500 })
      .filter((text) => !/&(lt|gt|amp);|token|secret|passw|key/i.test(text));
    fc.assert(
      fc.property(printable, (text) => {
        expect(lintMessage(withLiteral(text), { ...options, hostileInputs: [text] })).toEqual([]);
      }),
    );
  });
});
