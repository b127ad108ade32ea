/** Changes to recorded JSON that keep most of its structure: what other versions, other programs and bad days make of it. */
import fc from 'fast-check';
import { PLANTED } from './secrets.ts';

export const HOSTILE: readonly string[] = [
  '',
  ' ',
  '\u001b]0;title\u0007\u001b[2J\u009b31m\u202eevil\u2066',
  '<!channel> <@U012AB3CD> <https://evil.example|x> &lt;!here&gt; :tada: *b* _i_ `c`',
  '"></script><script>alert(1)</script>',
  "'; touch x; $(id) `id` | cat & \n rm -rf",
  '\ud800 half',
  '\u0000',
  '__proto__',
  'constructor',
  '-rf',
  '2026-13-45T99:99:99Z',
  '1e999',
  'NaN',
  '18446744073709551615',
  '%ZZ%2f..%00',
  'Traceback (most recent call last):\n  File "/app/x.py", line 1, in f\nValueError: no\n'.repeat(40),
  'x'.repeat(20_000),
  '.'.repeat(20_000),
  'op_training_20260109_060025_4183136f',
  'op_training_20260109_060025_4183\n136f',
  '٣٤٥',
];
const EDGES: readonly unknown[] = [
  null,
  true,
  [],
  {},
  0,
  -0,
  -1,
  1.5,
  2 ** 31,
  2 ** 53,
  2 ** 64,
  1e308,
  -1e308,
  5e-324,
  [null],
  [[]],
  { id: 5 },
  { key: 'x', value: null },
];
/** JSON.parse reads it, and everything recursive ends there. */
const DEPTHS = [40, 3_000, 20_000];

type Change = 'drop' | 'duplicate' | 'replace' | 'append' | 'nest' | 'enlarge' | 'swap' | 'rename';

export interface Edit {
  readonly change: Change;
  /** Which value, counted from the start of the document. */
  readonly place: number;
  readonly other: number;
  readonly value: unknown;
}

const values = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.constantFrom(...PLANTED),
  fc.constantFrom(...EDGES),
  fc.jsonValue({ maxDepth: 2 }),
);

const edit: fc.Arbitrary<Edit> = fc.record({
  change: fc.oneof(
    { weight: 6, arbitrary: fc.constant<Change>('replace') },
    fc.constantFrom<Change>('drop', 'duplicate', 'append', 'enlarge', 'swap', 'rename'),
    { weight: 1, arbitrary: fc.constant<Change>('nest') },
  ),
  place: fc.nat(),
  other: fc.nat(),
  value: values,
});

export const edits = fc.array(edit, { minLength: 0, maxLength: 6 });

/** JSON text of the document with the changes; now and then a part of it only. */
export function mutated(document: unknown, changes: readonly Edit[]): string {
  const root = { it: structuredClone(document) };
  const depths: number[] = [];
  for (const change of changes) apply(root, change, depths);
  let text = jsonOf(root.it) ?? JSON.stringify(document) ?? 'null';
  for (const [index, depth] of depths.entries())
    text = text.replace(JSON.stringify(mark(index)), () => nested(depth, index));
  return text;
}

/** Null for a value whose text would fit no string. */
function jsonOf(value: unknown): string | null {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch {
    return null;
  }
}

/** A document out of several with changes; `cut` leaves its end out. */
export function mutatedTexts(documents: readonly unknown[]): fc.Arbitrary<string> {
  const cut = fc.oneof({ weight: 19, arbitrary: fc.constant(1) }, fc.double({ min: 0, max: 1, noNaN: true }));
  return fc.tuple(fc.nat(documents.length - 1), edits, cut).map(([index, changes, share]) => {
    const text = mutated(documents[index], changes);
    return share === 1 ? text : text.slice(0, Math.floor(text.length * share));
  });
}

/** Several enlargements of the same part would not fit the memory. */
const GROWING: readonly Change[] = ['duplicate', 'enlarge', 'rename'];
const LARGEST = 300_000;

type Slot = readonly [parent: Record<string, unknown>, key: string];

function apply(root: object, { change, place, other, value }: Edit, depths: number[]): void {
  if (GROWING.includes(change) && (jsonOf(root)?.length ?? Infinity) > LARGEST) return;
  const slots = slotsOf(root);
  const slot = slots[place % slots.length];
  const second = slots[other % slots.length];
  if (slot === undefined || second === undefined) return;
  const [parent, key] = slot;
  const now = parent[key];
  if (change === 'drop') delete parent[key];
  else if (change === 'replace') parent[key] = structuredClone(value);
  else if (change === 'append') parent[key] = `${typeof now === 'object' ? '' : String(now)}${writtenOut(value)}`;
  else if (change === 'swap' && !holds(now, second[0]) && !holds(second[0][second[1]], parent)) {
    parent[key] = second[0][second[1]];
    second[0][second[1]] = now;
  } else if (change === 'rename' && !Array.isArray(parent))
    // In a list a name such as 4294967294 would be its last index, and everything before it a hole.
    parent[writtenOut(value).slice(0, 200)] = structuredClone(now);
  else if (change === 'duplicate')
    Array.isArray(parent)
      ? parent.push(structuredClone(now))
      : Object.assign(parent, { [`${key}2`]: structuredClone(now) });
  else if (change === 'enlarge') parent[key] = enlarged(now);
  else if (change === 'nest') {
    parent[key] = mark(depths.length);
    depths.push(DEPTHS[other % DEPTHS.length] ?? 40);
  }
}

/** `String` of an object that has a `toString` of its own throws. */
function writtenOut(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function enlarged(value: unknown): unknown {
  if (typeof value === 'string') return value.repeat(Math.min(200, Math.ceil(20_000 / Math.max(1, value.length))));
  if (Array.isArray(value) && JSON.stringify(value).length < 5_000)
    return Array.from({ length: 20 }, (): unknown[] => structuredClone(value)).flat();
  return typeof value === 'number' ? value * 1e12 : value;
}

function mark(index: number): string {
  return `nested-${index}`;
}

function nested(depth: number, index: number): string {
  const [open, inner, close] = [
    ['[', '1', ']'],
    ['{"a":', '1', '}'],
    ['{"arrayValue":{"values":[', '{"stringValue":"x"}', ']}}'],
    ['{"kvlistValue":{"values":[{"key":"k","value":', '{"intValue":"1"}', '}]}}'],
  ][(depth + index) % 4] ?? ['[', '1', ']'];
  return `${open?.repeat(depth)}${inner}${close?.repeat(depth)}`;
}

function slotsOf(root: object): readonly Slot[] {
  const slots: Slot[] = [];
  const waiting: object[] = [root];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const [key, value] of Object.entries(next)) {
      slots.push([next as Record<string, unknown>, key]);
      if (typeof value === 'object' && value !== null) waiting.push(value);
    }
  }
  return slots;
}

function holds(value: unknown, wanted: unknown): boolean {
  const waiting = [value];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next === wanted) return true;
    if (typeof next === 'object' && next !== null) waiting.push(...Object.values(next));
  }
  return false;
}
