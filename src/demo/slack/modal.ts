import { actionOn, type Choice, initialChoice, use } from './elements-in-use.ts';
import { common, type Gesture, interact, type Stage } from './gestures.ts';
import { isObject, type JsonObject, objectsOf, stringOf } from './json.ts';
import type { User, View } from './model.ts';
import { readView } from './rules/view.ts';
import { viewObject } from './wire.ts';

export interface Submission extends Gesture {
  /** What the app found wrong, by block id; the view stays open then. */
  readonly errors: JsonObject;
}

/** What the person entered, by action id. Inputs left out keep their initial values. */
export type Entries = Readonly<Record<string, Choice>>;

/** Submits a modal and does with it what the acknowledgement says. */
export async function submitView(stage: Stage, user: User, view: View, entries: Entries): Promise<Submission> {
  const inputs = objectsOf(view.definition['blocks']).flatMap((block) =>
    block['type'] === 'input' && isObject(block['element']) ? [{ block, element: block['element'] }] : [],
  );
  const unknown = Object.keys(entries).filter((id) => !inputs.some(({ element }) => element['action_id'] === id));
  if (unknown.length > 0) throw new Error(`The view has no input with action_id ${unknown.join(', ')}.`);
  const values: Record<string, JsonObject> = {};
  const responseUrls: JsonObject[] = [];
  inputs.forEach(({ block, element }, index) => {
    const blockId = stringOf(block['block_id']) || `input-${index}`;
    const actionId = stringOf(element['action_id']) || `action-${index}`;
    const choice = entries[actionId] ?? initialChoice(element);
    values[blockId] = { [actionId]: { type: element['type'], ...use(element, choice) } };
    if (element['response_url_enabled'] === true && typeof choice === 'string') {
      const gesture = { team: stage.team, channel: choice, userId: user.id, original: null };
      const address = { response_url: stage.responseUrls.issue(gesture), channel_id: choice };
      responseUrls.push({ ...address, block_id: blockId, action_id: actionId });
    }
  });
  const gesture = await interact(stage, null, {
    type: 'view_submission',
    ...common(stage, user),
    view: viewObject(view, stage.team, values),
    response_urls: responseUrls,
  });
  return { ...gesture, ...follow(stage, view, gesture) };
}

/** A click in a modal or on the Home tab. */
export function useViewElement(
  stage: Stage,
  user: User,
  view: View,
  actionId: string,
  choice: Choice,
): Promise<Gesture> {
  const action = actionOn(objectsOf(view.definition['blocks']), actionId, choice);
  return interact(stage, null, {
    type: 'block_actions',
    ...common(stage, user),
    container: { type: 'view', view_id: view.id },
    view: viewObject(view, stage.team),
    actions: [{ ...action, action_ts: stage.store.nextTs() }],
  });
}

function follow(stage: Stage, view: View, gesture: Gesture): Pick<Submission, 'errors' | 'error' | 'complaints'> {
  if (gesture.receipt.outcome !== 'acknowledged') return { errors: {}, error: gesture.error, complaints: [] };
  const answer = isObject(gesture.receipt.body) ? gesture.receipt.body : {};
  const action = answer['response_action'];
  if (action === 'errors') {
    return { errors: isObject(answer['errors']) ? answer['errors'] : {}, error: null, complaints: [] };
  }
  if (action !== 'update' && action !== 'push') {
    stage.store.removeView(view);
    return { errors: {}, error: null, complaints: [] };
  }
  const next = readView(answer['view'], 'modal');
  if (next.kind === 'refused') {
    return { errors: {}, error: 'dispatch_failed', complaints: [next.refusal.error, ...next.refusal.messages] };
  }
  const id = action === 'update' ? view.id : stage.store.nextId('V');
  stage.store.putView({ ...view, id, hash: stage.store.nextId('hash.'), definition: next.value });
  return { errors: {}, error: null, complaints: [] };
}
