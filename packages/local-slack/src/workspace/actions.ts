import type { FakeSlack } from '../slack/fake-slack.ts';
import type { Choice } from '../slack/interactions/block-actions.ts';
import { isList, isObject, type JsonObject, stringOf } from '../slack/json.ts';
import type { Message, View } from '../slack/state/model.ts';

/** Does what the person asked for in the page; throws a sentence when it cannot be done. */
export async function act(slack: FakeSlack, me: string, wish: JsonObject): Promise<JsonObject> {
  const person = slack.as(me);
  const channel = stringOf(wish['channel']);
  const id = stringOf(wish['id']);
  switch (wish['act']) {
    case 'command': {
      const { error, complaints } = await person.command(stringOf(wish['command']), stringOf(wish['text']), {
        channel,
      });
      return { error, complaints };
    }
    case 'say': {
      const threadTs = stringOf(wish['threadTs']);
      const { ts } = person.say(channel, stringOf(wish['text']), threadTs === '' ? {} : { threadTs });
      return { ts };
    }
    case 'click': {
      const { error } = await person.click(messageAt(slack, wish), id, choiceIn(wish));
      return { error };
    }
    case 'click-in-view': {
      const { error } = await person.clickInView(viewWith(slack, wish), id, choiceIn(wish));
      return { error };
    }
    case 'shortcut': {
      const { error } =
        channel === '' ? await person.globalShortcut(id) : await person.messageShortcut(id, messageAt(slack, wish));
      return { error };
    }
    case 'submit': {
      const { error, errors, complaints } = await person.submit(viewWith(slack, wish), entriesIn(wish));
      return { error, errors, complaints };
    }
    case 'close-view':
      slack.store.removeView(viewWith(slack, wish));
      return {};
    case 'open-home':
      person.openHome();
      return {};
    case 'invite':
      person.invite(channel);
      return {};
    default:
      throw new Error(`The page cannot ask for "${String(wish['act'])}".`);
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
