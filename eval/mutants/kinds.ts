/** All kinds of change, by what they must do to the answer. */
import { ATTEMPTS } from './attempts.ts';
import { COMPANY } from './company.ts';
import { ENDINGS, UNKNOWNS } from './endings.ts';
import { ERRORS } from './errors.ts';
import { FORMS } from './forms.ts';
import { NAMES } from './names.ts';
import type { Kind } from './parts.ts';
import { STARTS } from './starts.ts';
import { CAUGHT } from './survived.ts';

/** The first changes nothing. */
const HARMLESS: readonly Kind[] = [...FORMS, ...NAMES, ...ERRORS, ...COMPANY, ...CAUGHT];

const TWO_AT_ONCE: Kind = {
  name: 'two-at-once',
  apply: (draft, random) => {
    const applied: string[] = [];
    for (const { name, apply } of random.shuffled(HARMLESS.slice(1))) {
      if (applied.length < 2 && apply(draft, random)) applied.push(name);
    }
    draft.notes = applied.join(' and ');
    return applied.length === 2;
  },
};

export const GROUPS = {
  'must not matter': [...HARMLESS, TWO_AT_ONCE],
  'must matter': [...ATTEMPTS, ...ENDINGS, ...STARTS],
  'unknown words': UNKNOWNS,
} as const satisfies Readonly<Record<string, readonly Kind[]>>;

export type Group = keyof typeof GROUPS;

export const KINDS: readonly (readonly [Group, Kind])[] = (Object.keys(GROUPS) as Group[]).flatMap((group) =>
  GROUPS[group].map((kind) => [group, kind] as const),
);
