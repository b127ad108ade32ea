/**
 * Typed values and lists in the store. A value that does not parse was written by another version of the bot. It counts as
 * absent, is reported, and is left for that version until it expires.
 */
import { z } from 'zod';
import { parseJson } from '../../language/json.ts';
import type { Lease, Store } from '../ports.ts';

export interface Encoding<Id> {
  encode(value: unknown, id: Id): string;
  /** Undefined for text that isn't in this encoding. */
  decode(text: string, id: Id): unknown;
}

export interface CellPlan<Id, Value> {
  readonly schema: z.ZodType<Value>;
  /** The whole key, `part:id`. */
  key(id: Id): string;
  /** In milliseconds; absent: kept until it is deleted. */
  readonly ttlMs?: number;
  /** JSON when absent. */
  readonly encoding?: Encoding<Id>;
}

export interface Cell<Id, Value> {
  get(store: Store, id: Id): Promise<Value | null>;
  /** Whether there is a value at all, even one that cannot be read. */
  has(store: Store, id: Id): Promise<boolean>;
  /** `ttlMs` overrides that of the cell. */
  set(store: Store, id: Id, value: Value, ttlMs?: number): Promise<void>;
  /** The values of several ids, in their order. */
  getMany(store: Store, ids: readonly Id[]): Promise<readonly (Value | null)[]>;
  /** Sets it only while the lease is held, and extends the lease; false otherwise. */
  setWhileHeld(store: Store, lease: Lease, id: Id, value: Value): Promise<boolean>;
  /** True when there was no value and this one is now set. */
  setIfAbsent(store: Store, id: Id, value: Value): Promise<boolean>;
  /** The existing value, or this one, which is then set. */
  getOrSet(store: Store, id: Id, value: Value): Promise<Value>;
  delete(store: Store, id: Id): Promise<void>;
}

export interface ListPlan<Id, Value> extends CellPlan<Id, Value> {
  /** Expiry of the whole list, in milliseconds from the last append. */
  readonly ttlMs: number;
  /** How many of the newest values are kept. */
  readonly most?: number;
}

export interface CellList<Id, Value> {
  /** A value that is already in the list keeps its position. */
  append(store: Store, id: Id, value: Value): Promise<void>;
  /** A value that is already in the list moves to the end. */
  moveToEnd(store: Store, id: Id, value: Value): Promise<void>;
  /** The readable values, oldest first. */
  entries(store: Store, id: Id): Promise<readonly ListEntry<Value>[]>;
  values(store: Store, id: Id): Promise<readonly Value[]>;
  remove(store: Store, id: Id, value: Value): Promise<void>;
}

interface ListEntry<Value> {
  readonly value: Value;
  /** Removes the stored text, even if this version would encode the value differently. */
  remove(): Promise<void>;
}

const FOREVER_MS = 10 * 365 * 24 * 3_600_000;

const JSON_TEXT: Encoding<unknown> = {
  encode: (value) => JSON.stringify(value),
  decode: parseJson,
};

export const PLAIN_TEXT: Encoding<unknown> = { encode: String, decode: (text) => text };

export function cell<Id, Value>(plan: CellPlan<Id, Value>): Cell<Id, Value> {
  const { key, ttlMs, encoding = JSON_TEXT } = plan;
  const self: Cell<Id, Value> = {
    async get(store, id) {
      const text = await store.get(key(id));
      return text === null ? null : read(plan, store, id, text);
    },
    async getMany(store, ids) {
      const texts = await store.getMany(ids.map(key));
      return ids.map((id, index) => {
        const text = texts[index] ?? null;
        return text === null ? null : read(plan, store, id, text);
      });
    },
    setWhileHeld: (store, lease, id, value) =>
      store.setWhileHeld(lease, key(id), encoding.encode(value, id), ttlMs ?? FOREVER_MS),
    has: async (store, id) => (await store.get(key(id))) !== null,
    set: (store, id, value, ownTtlMs = ttlMs) => store.set(key(id), encoding.encode(value, id), ownTtlMs),
    setIfAbsent: (store, id, value) => store.setIfAbsent(key(id), encoding.encode(value, id), ttlMs),
    async getOrSet(store, id, value) {
      return (await self.setIfAbsent(store, id, value)) ? value : ((await self.get(store, id)) ?? value);
    },
    delete: (store, id) => store.delete(key(id)),
  };
  return self;
}

export function textCell<Id>(plan: Omit<CellPlan<Id, string>, 'schema' | 'encoding'>): Cell<Id, string> {
  return cell({ ...plan, schema: z.string(), encoding: PLAIN_TEXT });
}

export function cellList<Id, Value>(plan: ListPlan<Id, Value>): CellList<Id, Value> {
  const { key, ttlMs, most, encoding = JSON_TEXT } = plan;
  const self: CellList<Id, Value> = {
    append: (store, id, value) => store.append(key(id), encoding.encode(value, id), ttlMs, most),
    async moveToEnd(store, id, value) {
      await self.remove(store, id, value);
      await self.append(store, id, value);
    },
    async entries(store, id) {
      return (await store.list(key(id))).flatMap((text) => {
        const value = read(plan, store, id, text);
        return value === null ? [] : [{ value, remove: () => store.removeFromList(key(id), text) }];
      });
    },
    values: async (store, id) => (await self.entries(store, id)).map(({ value }) => value),
    remove: (store, id, value) => store.removeFromList(key(id), encoding.encode(value, id)),
  };
  return self;
}

export function textList<Id>(plan: Omit<ListPlan<Id, string>, 'schema' | 'encoding'>): CellList<Id, string> {
  return cellList({ ...plan, schema: z.string(), encoding: PLAIN_TEXT });
}

/** The values whose IDs are listed. IDs without a value are removed from the list. */
export async function readListed<Owner, Id, Value>(
  store: Store,
  values: Cell<Id, Value>,
  listed: { readonly ids: CellList<Owner, string>; readonly of: Owner; idOf(text: string): Id },
): Promise<readonly Value[]> {
  const entries = await listed.ids.entries(store, listed.of);
  const found = await Promise.all(
    entries.map(async ({ value: text, remove }) => {
      const id = listed.idOf(text);
      const value = await values.get(store, id);
      if (value === null && !(await values.has(store, id))) await remove();
      return value;
    }),
  );
  return found.filter((value) => value !== null);
}

function read<Id, Value>(plan: CellPlan<Id, Value>, store: Store, id: Id, text: string): Value | null {
  const parsed = plan.schema.safeParse((plan.encoding ?? JSON_TEXT).decode(text, id));
  if (!parsed.success) store.reportUnreadable(plan.key(id));
  return parsed.data ?? null;
}
