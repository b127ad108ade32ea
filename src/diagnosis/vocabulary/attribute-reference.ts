/** The span attribute reference as data: what an attribute means, who knows it, and whether anything writes it today. */
import { ATTRIBUTE_TABLE } from './attribute-table.ts';
import { spellingsOf } from './attributes.ts';

const TYPES = ['string', 'int', 'float', 'bool', 'list', 'json'] as const;
/** Only the runbook · only today's ktrdr · both by the same name · only newer OpenTelemetry conventions. */
const VOCABULARIES = ['documented', 'real', 'both', 'newer'] as const;

export interface AttributeEntry {
  readonly name: string;
  readonly type: (typeof TYPES)[number];
  readonly vocabulary: (typeof VOCABULARIES)[number];
  /** Names of the spans that carry it today, in words; null when none does. */
  readonly occursOn: string | null;
  /** What to know when reading it today, or where to look instead; null when there is nothing to say. */
  readonly today: string | null;
  readonly meaning: string;
  /** Other names of the same thing. */
  readonly alsoCalled: readonly string[];
}

export const ATTRIBUTE_REFERENCE: readonly AttributeEntry[] = ATTRIBUTE_TABLE.trim().split('\n').map(readRow);

const BY_NAME: ReadonlyMap<string, AttributeEntry> = new Map(ATTRIBUTE_REFERENCE.map((entry) => [entry.name, entry]));

export function attributeNamed(name: string): AttributeEntry | null {
  return BY_NAME.get(name.trim().toLowerCase()) ?? null;
}

function readRow(row: string): AttributeEntry {
  const cells = row.split('|').map((cell) => cell.trim());
  const [name = '', typeName, vocabularyName, occursOn = '', today = '', meaning = ''] = cells;
  const type = TYPES.find((known) => known === typeName);
  const vocabulary = VOCABULARIES.find((known) => known === vocabularyName);
  if (type === undefined || vocabulary === undefined || cells.length !== 6)
    throw new Error(`The attribute table has a row that cannot be read: ${row}`);
  return {
    name,
    type,
    vocabulary,
    occursOn: occursOn === '-' ? null : occursOn,
    today: today === '' ? null : today,
    meaning,
    alsoCalled: spellingsOf(name).filter((spelling) => spelling !== name),
  };
}
