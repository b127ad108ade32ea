/** Finds the element that a person uses, and turns its use into the `action` that Slack reports. */

import { interactiveElements } from '../block-kit/blocks.ts';
import { isObject, type JsonObject, objectsOf, stringOf } from '../json.ts';

/** What a person picked: an option's value, an id, a date, several values, or nothing for a plain button. */
export type Choice = string | readonly string[] | null;

/** Throws when there is no such element, because a person cannot click what is not there. */
export function actionOn(blocks: readonly JsonObject[], actionId: string, choice: Choice): JsonObject {
  const found = blocks
    .map((block) => ({
      block,
      element: interactiveElements(block).find(({ element }) => element['action_id'] === actionId)?.element,
    }))
    .find(({ element }) => element !== undefined);
  if (found?.element === undefined) {
    const known = interactiveElements(blocks).map(({ element }) => stringOf(element['action_id']));
    throw new Error(`There is no element with action_id "${actionId}" here; there are: ${known.join(', ') || 'none'}.`);
  }
  const { element, block } = found;
  const base = { type: element['type'], action_id: actionId, block_id: block['block_id'] };
  return { ...base, ...use(element, choice) };
}

/** The part of an element's report that carries the choice; also the entry in a view's state. */
export function use(element: JsonObject, choice: Choice): JsonObject {
  const type = stringOf(element['type']);
  if (type === 'button' || type === 'icon_button') {
    const { text, value, url, style } = element;
    return Object.fromEntries(Object.entries({ text, value, url, style }).filter(([, entry]) => entry !== undefined));
  }
  if (type === 'feedback_buttons') {
    const buttons = [element['positive_button'], element['negative_button']].filter(isObject);
    const button = buttons.find((candidate) => candidate['value'] === choice);
    if (button === undefined) throw new Error(`No feedback button has the value "${String(choice)}".`);
    return { text: button['text'], value: button['value'] };
  }
  if (type.endsWith('_input')) return { value: choice };
  if (type.includes('static_select') || ['overflow', 'radio_buttons', 'checkboxes'].includes(type)) {
    const picked = [choice].flat().map((value) => optionWith(element, value));
    return type.startsWith('multi_') || type === 'checkboxes'
      ? { selected_options: choice === null ? [] : picked }
      : { selected_option: choice === null ? null : picked[0] };
  }
  const what = type
    .replace('multi_', '')
    .replace('s_select', '')
    .replace('picker', '')
    .replace('datetime', 'date_time');
  return type.startsWith('multi_') ? { [`selected_${what}s`]: [choice].flat() } : { [`selected_${what}`]: choice };
}

function optionWith(element: JsonObject, value: unknown): JsonObject | undefined {
  if (value === null) return undefined;
  const groups = objectsOf(element['option_groups']).flatMap((group) => objectsOf(group['options']));
  const options = [...objectsOf(element['options']), ...groups];
  const found = options.find((option) => option['value'] === value);
  if (found === undefined) throw new Error(`No option has the value "${String(value)}".`);
  return found;
}

/** What an input holds before anybody touches it. */
export function initialChoice(element: JsonObject): Choice {
  const initial = Object.entries(element).find(([key]) => key.startsWith('initial_'))?.[1];
  if (isObject(initial)) return stringOf(initial['value']);
  if (Array.isArray(initial))
    return initial.map((entry) => (isObject(entry) ? stringOf(entry['value']) : String(entry)));
  return initial === undefined ? null : String(initial);
}
