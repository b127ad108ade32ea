/** Whatever the bot can say, fed with anything. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import type { Message } from '../../src/formatters/message.ts';
import { ACTION_IDS } from '../../src/handlers/buttons.ts';
import { caseOf, FIXTURES, incidentsIn } from '../support/incidents.ts';
import { actionIds, lintMessage } from '../support/message-linter.ts';
import { BUILDERS, type Stuff, stuffOf } from './builders.ts';
import { EXAMPLES } from './diagnoses.ts';
import { hostileDiagnosis, hostileText, SECRETS, TRICKS } from './hostile.ts';

const HOSTS = ['jaeger.example.org', 'grafana.example.org', 'ktrdr.slack.com'];
/** Parts of messages, which the messages that hold them show. */
const PARTS = ['headerBlock', 'blocksOf', 'pack', 'rowBlocks', 'gapBlocks', 'muteBlock', 'moreOf'];
/** Those that take nothing say the same every time. */
const FED = Object.entries(BUILDERS).filter(([, build]) => build.length > 0);
const FIXED = Object.entries(BUILDERS).filter(([, build]) => build.length === 0);

describe('every message', () => {
  it('has its builder in this list, and the list has no other', () => {
    expect(Object.keys(BUILDERS).toSorted()).toEqual(buildersInSource().toSorted());
  });

  it('that never changes is fine', () => {
    expect(FIXED.length).toBeGreaterThan(3);
    expect(problemsIn(stuffOf(EXAMPLES.refusedStart, ''), FIXED)).toEqual([]);
  });

  it('is legal, escaped, short enough and without secrets, whatever it is made of', () => {
    fc.assert(
      fc.property(hostileDiagnosis, hostileText, (found, raw) => {
        expect(problemsIn(stuffOf(found, raw))).toEqual([]);
      }),
      { numRuns: 20, examples: TRICKS.slice(0, 6).map((trick) => [EXAMPLES.refusedStart, trick]) },
    );
  });

  it.each(incidentsIn(FIXTURES).map((incident) => [incident.name, incident] as const))(
    'is fine about %s',
    (name, incident) => {
      for (const api of [true, false]) {
        const found = diagnose(caseOf(incident, 'v3', { api }), { deployment: 'local', apiUrl: null });
        expect(problemsIn(stuffOf(found, incident.expected.operationId ?? name))).toEqual([]);
      }
    },
  );

  it('together have a button for everything that is listened to', () => {
    const shown = actionIds(
      Object.values(EXAMPLES).flatMap((found) => {
        const stuff = stuffOf(found, 'op_training_20260109_060025_4183136f');
        return Object.values(BUILDERS).flatMap((build) => build(stuff));
      }),
    );
    const named = new Set([...shown].map((id) => id.split(':')[0] ?? id));
    expect(ACTION_IDS.filter((id) => !named.has(id) && !/_row_\d+$/.test(id))).toEqual([]);
  });
});

/** Rows of a view tell their buttons apart by a number. */
const KNOWN_ACTIONS = ACTION_IDS.flatMap((id) => [id, `${id}:0`]);
/** What holds for a message and not for a view. */
const OF_MESSAGES = /at most 45 are safe|more than one header|characters of (?:text|JSON); at most/;

function problemsIn(stuff: Stuff, builders = FED): readonly string[] {
  return builders.flatMap(([name, build]) =>
    build(stuff)
      .flatMap(problemsWith)
      .filter((problem) => name !== 'formatHome' || !OF_MESSAGES.test(problem))
      .map((problem) => `${name}: ${problem}`),
  );
}

function problemsWith(message: Message): readonly string[] {
  const problems = lintMessage(message, { hosts: HOSTS, knownActions: KNOWN_ACTIONS, hostileInputs: TRICKS });
  const json = JSON.stringify(message);
  const secrets = SECRETS.filter((secret) => json.includes(secret));
  return [...problems, ...secrets.map((secret) => `It shows ${secret}.`)];
}

/** What returns messages: in the formatters, and the two doors of the other layers. */
function buildersInSource(): readonly string[] {
  const folder = new URL('../../src/formatters/', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => new URL(path, folder));
  const doors = ['../../src/jobs/deliver/content.ts', '../../src/handlers/notice.ts'].map(
    (path) => new URL(path, import.meta.url),
  );
  return [...files, ...doors].flatMap((file) => {
    const functions = readFileSync(file, 'utf8').matchAll(/^export function (\w+)[\s\S]*?\): ([^\n]*) \{$/gm);
    return [...functions].flatMap(([, name = '', type = '']) =>
      /\b(?:Message|Answer|KnownBlock|LongText)\b/.test(type) && !PARTS.includes(name) ? [name] : [],
    );
  });
}
