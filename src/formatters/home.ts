/** The Home tab: what the bot does, and what concerns the one who opened it. */
import type { KnownBlock } from '@slack/types';
import { blocksOf, headerBlock } from './blocks.ts';
import { SUB_COMMANDS, type SubCommand } from './help.ts';
import { cut, oneLine } from './mrkdwn.ts';
import { code, type Inline, type Passage, sentences, time, type Words } from './passage.ts';
import { button } from './saying.ts';

export interface HomeAnswer {
  readonly name: string;
  readonly headline: string;
  /** ISO 8601. */
  readonly at: string;
  readonly url: string | null;
}

export interface Home {
  readonly recent: readonly HomeAnswer[];
  readonly failures: readonly HomeAnswer[];
  readonly watches: readonly { readonly watchId: string; readonly operationId: string }[];
  /** Each a whole sentence. */
  readonly settings: readonly string[];
  /** Names of the sub-commands that this version has. */
  readonly commands: readonly string[];
}

const MOST_ROWS = 5;

export function formatHome({ recent, failures, watches, settings, commands }: Home): readonly KnownBlock[] {
  const known = SUB_COMMANDS.filter(({ name }) => commands.includes(name));
  return [
    ...told({
      kind: 'prose',
      words: [
        'I say why a ktrdr operation failed, hangs or is slow, from its traces and from what the ktrdr API knows. Name an operation, or say what you see: “my training is stuck”. I never run a command myself.',
      ],
    }),
    { type: 'actions', elements: [button('Diagnose an operation', 'open_diagnose', 'home')] },
    ...section('My recent diagnoses', recent, 'You have not asked anything yet.'),
    ...section('Recent failures', failures, 'No failure was diagnosed lately.'),
    headerBlock('My watches'),
    ...(watches.length === 0
      ? told({ kind: 'prose', words: ['You watch nothing. A running operation has a button for it.'] })
      : []),
    ...watches
      .slice(0, MOST_ROWS)
      .flatMap(({ watchId, operationId }, i): KnownBlock[] => [
        ...told({ kind: 'prose', words: [code(operationId)] }),
        { type: 'actions', elements: [button('Stop watching', i === 0 ? 'stop_watch' : `stop_watch:${i}`, watchId)] },
      ]),
    headerBlock('Settings'),
    ...told({ kind: 'list', title: 'Here and now', items: settings.map((text) => [cut(oneLine(text), 400)]) }),
    headerBlock('Help'),
    ...told({ kind: 'list', title: 'Commands', items: known.map(commandWords) }),
  ];
}

function section(title: string, answers: readonly HomeAnswer[], empty: string): readonly KnownBlock[] {
  const items = answers.slice(0, MOST_ROWS).map(answerWords);
  const hosts = answers.flatMap(({ url }) => (url !== null && URL.canParse(url) ? [new URL(url).host] : []));
  const passage: Passage =
    items.length === 0 ? { kind: 'prose', words: [empty] } : { kind: 'list', title: 'Newest first', items };
  return [headerBlock(title), ...blocksOf(passage, hosts)];
}

function answerWords({ name, headline, at, url }: HomeAnswer): Words {
  const thread: readonly Inline[] = url === null ? [] : [' · ', { kind: 'link', text: 'open the thread', url }];
  return [time(at), ' · ', ...sentences(cut(oneLine(headline), 200)), ' · ', code(cut(name, 80)), ...thread];
}

function commandWords({ name, usage, does }: SubCommand): Words {
  return [code(`/ktrdr ${name}${usage === '' ? '' : ` ${usage}`}`), ` ${does}`];
}

function told(passage: Passage): readonly KnownBlock[] {
  return blocksOf(passage, []);
}
