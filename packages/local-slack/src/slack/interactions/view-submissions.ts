import { readView } from '../block-kit/views.ts';
import { isObject, type JsonObject, objectsOf, stringOf } from '../json.ts';
import type { User, View } from '../state/model.ts';
import { viewObject } from '../state/objects.ts';
import { actionOn, type Choice, initialChoice, use } from './block-actions.ts';
import { common, type Interaction, type InteractionContext, interact } from './interactions.ts';

export interface Submission extends Interaction {
  /** What the app found wrong, by block id; the view stays open then. */
  readonly errors: JsonObject;
}

/** What the person entered, by action id. Inputs left out keep their initial values. */
export type Entries = Readonly<Record<string, Choice>>;

/** Submits a modal and does with it what the acknowledgement says. */
export async function submitView(
  context: InteractionContext,
  user: User,
  view: View,
  entries: Entries,
): Promise<Submission> {
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
      const target = { team: context.team, channel: choice, userId: user.id, original: null };
      const address = { response_url: context.responseUrls.issue(target), channel_id: choice };
      responseUrls.push({ ...address, block_id: blockId, action_id: actionId });
    }
  });
  const interaction = await interact(context, null, {
    type: 'view_submission',
    ...common(context, user),
    view: viewObject(view, context.team, values),
    response_urls: responseUrls,
  });
  return { ...interaction, ...follow(context, view, interaction) };
}

/** A click in a modal or on the Home tab. */
export function useViewElement(
  context: InteractionContext,
  user: User,
  view: View,
  { actionId, choice }: { readonly actionId: string; readonly choice: Choice },
): Promise<Interaction> {
  const action = actionOn(objectsOf(view.definition['blocks']), actionId, choice);
  return interact(context, null, {
    type: 'block_actions',
    ...common(context, user),
    container: { type: 'view', view_id: view.id },
    view: viewObject(view, context.team),
    actions: [{ ...action, action_ts: context.store.nextTs() }],
  });
}

function follow(
  context: InteractionContext,
  view: View,
  interaction: Interaction,
): Pick<Submission, 'errors' | 'error' | 'complaints'> {
  if (interaction.receipt.outcome !== 'acknowledged') return { errors: {}, error: interaction.error, complaints: [] };
  const answer = isObject(interaction.receipt.body) ? interaction.receipt.body : {};
  const action = answer['response_action'];
  if (action === 'errors') {
    return { errors: isObject(answer['errors']) ? answer['errors'] : {}, error: null, complaints: [] };
  }
  if (action !== 'update' && action !== 'push') {
    context.store.removeView(view);
    return { errors: {}, error: null, complaints: [] };
  }
  const next = readView(answer['view'], 'modal');
  if (next.kind === 'refused') {
    return { errors: {}, error: 'dispatch_failed', complaints: [next.refusal.error, ...next.refusal.messages] };
  }
  const id = action === 'update' ? view.id : context.store.nextId('V');
  context.store.putView({ ...view, id, hash: context.store.nextId('hash.'), definition: next.value });
  return { errors: {}, error: null, complaints: [] };
}
