import type { FakeSlack } from '../slack/fake-slack.ts';
import type { Choice } from '../slack/interactions/block-actions.ts';
import { isList, isObject, type JsonObject, stringOf } from '../slack/json.ts';
import type { Message, View } from '../slack/state/model.ts';

/** Does what the person asked for in the page; throws a sentence when it cannot be done. */
export async function act(slack: FakeSlack, me: string, action: JsonObject): Promise<JsonObject> {
  const person = slack.as(me);
  const channel = stringOf(action['channel']);
  const id = stringOf(action['id']);
  switch (action['act']) {
    case 'command': {
      const { error, complaints } = await person.command(stringOf(action['command']), stringOf(action['text']), {
        channel,
      });
      return { error, complaints };
    }
    case 'say': {
      const threadTs = stringOf(action['threadTs']);
      const { ts } = person.say(channel, stringOf(action['text']), threadTs === '' ? {} : { threadTs });
      return { ts };
    }
    case 'click': {
      const { error } = await person.click(messageAt(slack, action), id, choiceIn(action));
      return { error };
    }
    case 'click-in-view': {
      const { error } = await person.clickInView(viewWith(slack, action), id, choiceIn(action));
      return { error };
    }
    case 'shortcut': {
      const { error } =
        channel === '' ? await person.globalShortcut(id) : await person.messageShortcut(id, messageAt(slack, action));
      return { error };
    }
    case 'submit': {
      const { error, errors, complaints } = await person.submit(viewWith(slack, action), entriesIn(action));
      return { error, errors, complaints };
    }
    case 'close-view':
      slack.store.removeView(viewWith(slack, action));
      return {};
    case 'open-home':
      person.openHome();
      return {};
    case 'invite':
      person.invite(channel);
      return {};
    default:
      throw new Error(`The page cannot ask for "${String(action['act'])}".`);
  }
}

function messageAt(slack: FakeSlack, { channel, ts }: JsonObject): Message {
  const message = slack.message(stringOf(channel), stringOf(ts));
  if (message === null) throw new Error('The message is gone.');
  return message;
}

function viewWith(slack: FakeSlack, { view }: JsonObject): View {
  const found = slack.store.views.get(stringOf(view));
  if (found === undefined) throw new Error('The form is gone.');
  return found;
}

function choiceIn({ choice }: JsonObject): Choice {
  if (isList(choice)) return choice.map(String);
  return typeof choice === 'string' ? choice : null;
}

function entriesIn({ entries }: JsonObject): Readonly<Record<string, Choice>> {
  const given = isObject(entries) ? entries : {};
  return Object.fromEntries(Object.entries(given).map(([id, choice]) => [id, choiceIn({ choice })]));
}
