/** The catalogue of causes as resources. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { RULES } from '../../../src/diagnosis/rules/index.ts';
import { type Agent, startAgent } from '../mcp-agent.ts';
import { runHere } from '../run-cli.ts';
import { NOT_FOUND, openRawClient } from './raw-client.ts';

// Starting a process takes long where much else runs.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const OWN = `causes:
  - id: layer-shapes
    title: A strategy's layers don't fit together
    when: { message: { matches: 'shape mismatch.*' } }
    headline: The layers don't fit.
    explanation: The model was changed without its input size.
    fixes:
      - advice: Correct the size.
off: [export-overhead]
`;

const folder = mkdtempSync(join(tmpdir(), 'ktrdr-bot-'));
const env = { CAUSES_FILE: join(folder, 'causes.yml') };
let agent: Agent;

beforeAll(async () => {
  writeFileSync(env.CAUSES_FILE, OWN);
  agent = await startAgent(env);
});
afterAll(async () => {
  await agent.close();
  rmSync(folder, { recursive: true });
});

it('are listed with their titles and symptoms, own ones among them and disabled ones not', async () => {
  const { resources } = await agent.client.listResources();
  const causes = resources.filter(({ uri }) => uri.startsWith('ktrdr-bot://causes/'));
  const builtIn = RULES.map(({ id }) => id).filter((id) => id !== 'export-overhead');
  expect(causes.map(({ name }) => name)).toEqual([...builtIn, 'layer-shapes']);
  expect(causes.at(-1)).toMatchObject({
    title: "A strategy's layers don't fit together",
    mimeType: 'application/json',
  });
  for (const { description } of causes) expect(description).toMatch(/\w{3}/);
  expect(resources.map(({ uri }) => uri)).toContain('ktrdr-bot://causes');
});

it('say what explain says', async () => {
  const explained = async (...words: string[]) =>
    JSON.parse((await runHere(['explain', ...words, '--json'], { env })).stdout);
  expect(await read('ktrdr-bot://causes')).toEqual(await explained());
  expect(await read('ktrdr-bot://causes/worker-lost')).toEqual(await explained('worker-lost'));
  expect(await read('ktrdr-bot://causes/layer-shapes')).toMatchObject({ id: 'layer-shapes', scenario: 'failed' });
});

it('are completed by their ids', async () => {
  const { completion } = await agent.client.complete({
    ref: { type: 'ref/resource', uri: 'ktrdr-bot://causes/{id}' },
    argument: { name: 'id', value: 'worker' },
  });
  expect(completion.values).toEqual(expect.arrayContaining(['worker-lost', 'worker-unreachable']));
});

it('are there for another client as well, which is told of an id that is unknown', async () => {
  const raw = await openRawClient(env);
  try {
    const { resourceTemplates } = await raw.request('resources/templates/list');
    expect(resourceTemplates).toEqual([expect.objectContaining({ uriTemplate: 'ktrdr-bot://causes/{id}' })]);
    const { contents } = await raw.request('resources/read', { uri: 'ktrdr-bot://causes/layer-shapes' });
    expect(contents).toEqual([expect.objectContaining({ text: expect.stringContaining('layer-shapes') })]);
    for (const uri of ['ktrdr-bot://causes/export-overhead', 'ktrdr-bot://causes/nonsense', 'file:///etc/passwd'])
      await expect(raw.request('resources/read', { uri })).rejects.toMatchObject({ code: NOT_FOUND });
  } finally {
    await raw.close();
  }
});

async function read(uri: string): Promise<unknown> {
  const { contents } = await agent.client.readResource({ uri });
  const [content] = contents;
  return content !== undefined && 'text' in content ? JSON.parse(content.text) : content;
}
