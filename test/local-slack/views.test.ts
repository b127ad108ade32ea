import { type FakeSlack, isObject, startFakeSlack } from '@ktrdr-bot/local-slack';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { call } from './web-api.ts';

let slack: FakeSlack;
let clockMs: number;
beforeEach(async () => {
  clockMs = Date.now();
  slack = await startFakeSlack({ now: () => clockMs });
});
afterEach(() => slack.close());

describe('views', () => {
  const modal = { type: 'modal', title: { type: 'plain_text', text: 'Form' }, blocks: [] };
  const openWith = (trigger: string, view: unknown = modal) => call(slack, 'views.open', { trigger_id: trigger, view });

  async function trigger(): Promise<string> {
    const { payload } = await slack.as('U0ANNA').command('/ktrdr', 'help');
    return String(payload['trigger_id']);
  }

  it('open once, within three seconds', async () => {
    const first = await trigger();
    expect((await openWith(first)).error).toBe('');
    expect((await openWith(first)).error).toBe('exchanged_trigger_id');
    const late = await trigger();
    clockMs += 3001;
    expect((await openWith(late)).error).toBe('expired_trigger_id');
    expect((await openWith('nonsense')).error).toBe('invalid_trigger_id');
  });

  it('are checked', async () => {
    const input = { type: 'input', label: { type: 'plain_text', text: 'a' }, element: { type: 'plain_text_input' } };
    const bad = { ...modal, title: { type: 'plain_text', text: 'x'.repeat(25) }, blocks: [input] };
    const answer = await openWith(await trigger(), bad);
    expect(answer.error).toBe('invalid_arguments');
    expect(answer.messages).toEqual([
      '[ERROR] must be less than 25 characters [json-pointer:/view/title/text]',
      '[ERROR] missing required field: submit [json-pointer:/view]',
    ]);
  });

  it('are changed by those who saw the latest one', async () => {
    const opened = await openWith(await trigger());
    const view = isObject(opened.body['view']) ? opened.body['view'] : {};
    const args = { view_id: view['id'], hash: view['hash'], view: modal };
    expect((await call(slack, 'views.update', args)).error).toBe('');
    expect((await call(slack, 'views.update', args)).error).toBe('hash_conflict');
    expect((await call(slack, 'views.update', { ...args, view_id: 'V0' })).error).toBe('not_found');
  });

  it('fill the Home tab', async () => {
    const view = { type: 'home', blocks: [{ type: 'divider' }] };
    expect((await call(slack, 'views.publish', { user_id: 'U0ANNA', view })).error).toBe('');
    expect(slack.as('U0ANNA').home()?.definition).toEqual(view);
    expect((await call(slack, 'views.publish', { user_id: 'U0ANNA', view: modal })).error).toBe('invalid_arguments');
  });
});
