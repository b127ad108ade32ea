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

export const GROUPS = {
  'must not matter': [...FORMS, ...NAMES, ...ERRORS, ...COMPANY, ...CAUGHT],
  'must matter': [...ATTEMPTS, ...ENDINGS, ...STARTS],
  'unknown words': UNKNOWNS,
} as const satisfies Readonly<Record<string, readonly Kind[]>>;

export type Group = keyof typeof GROUPS;

export const KINDS: readonly (readonly [Group, Kind])[] = (Object.keys(GROUPS) as Group[]).flatMap((group) =>
  GROUPS[group].map((kind) => [group, kind] as const),
);
