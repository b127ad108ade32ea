import { readView } from '../../block-kit/views.ts';
import { type JsonObject, stringOf } from '../../json.ts';
import type { View } from '../../state/model.ts';
import { viewObject } from '../../state/objects.ts';
import { type Call, fail, type Method, missing, ok, refuse } from '../method.ts';

export const viewMethods: Readonly<Record<string, Method>> = {
  'views.open': { scope: null, run: open },
  'views.update': { scope: null, run: update },
  'views.publish': { scope: null, run: publish },
};

function open(call: Call): JsonObject {
  const triggerId = stringOf(call.args['trigger_id']);
  if (triggerId === '') return missing('trigger_id');
  const definition = readView(call.args['view'], 'modal');
  if (definition.kind === 'refused') return refuse(definition.refusal);
  if (isTaken(call, definition.value, null)) return fail('duplicate_external_id');
  const trigger = call.triggers.redeem(triggerId);
  if ('error' in trigger) return fail(trigger.error);
  return put(call, { id: call.store.nextId('V'), userId: trigger.userId, type: 'modal' }, definition.value);
}

function update(call: Call): JsonObject {
  const { view_id: viewId, external_id: externalId, hash } = call.args;
  const view = [...call.store.views.values()].find(
    ({ id, definition }) => id === viewId || (externalId !== undefined && definition['external_id'] === externalId),
  );
  if (view === undefined) return fail('not_found');
  const definition = readView(call.args['view'], view.type);
  if (definition.kind === 'refused') return refuse(definition.refusal);
  if (hash !== undefined && hash !== view.hash) return fail('hash_conflict');
  if (isTaken(call, definition.value, view.id)) return fail('duplicate_external_id');
  return put(call, view, definition.value);
}

function publish(call: Call): JsonObject {
  const userId = stringOf(call.args['user_id']);
  if (call.store.users.get(userId)?.teamId !== call.team.id) {
    return fail('invalid_arguments', ['[ERROR] invalid user_id']);
  }
  const definition = readView(call.args['view'], 'home');
  if (definition.kind === 'refused') return refuse(definition.refusal);
  const home = [...call.store.views.values()].find((view) => view.type === 'home' && view.userId === userId);
  const { hash } = call.args;
  if (home !== undefined && hash !== undefined && hash !== home.hash) return fail('hash_conflict');
  return put(call, { id: home?.id ?? call.store.nextId('V'), userId, type: 'home' }, definition.value);
}

function put(call: Call, view: Pick<View, 'id' | 'userId' | 'type'>, definition: JsonObject): JsonObject {
  const { id, userId, type } = view;
  const hash = call.store.nextId('hash.');
  const stored = call.store.putView({ id, userId, type, teamId: call.team.id, hash, definition });
  return ok({ view: viewObject(stored, call.team) });
}

function isTaken(call: Call, definition: JsonObject, except: string | null): boolean {
  const id = definition['external_id'];
  return (
    id !== undefined &&
    [...call.store.views.values()].some((view) => view.id !== except && view.definition['external_id'] === id)
  );
}
